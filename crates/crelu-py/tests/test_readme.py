"""The Python of both README files runs as it stands."""

import pathlib

import pytest

HERE = pathlib.Path(__file__).parent.parent


@pytest.mark.parametrize("page", [HERE / "README.md", HERE.parent.parent / "README.md"])
def test_python_of_the_page_runs(page, tmp_path, monkeypatch, capsys):
    blocks = page.read_text(encoding="utf-8").split("```python\n")[1:]
    assert blocks
    monkeypatch.chdir(tmp_path)
    for block in blocks:
        exec(compile(block.split("```")[0], str(page), "exec"), {})  # noqa: S102
    score = float(capsys.readouterr().out.split()[0])
    assert score > 0.93
    assert [file.name for file in tmp_path.iterdir()] == ["cancer.safetensors"]

"""The Python of both README files is the same, and runs as it stands."""

import pathlib

HERE = pathlib.Path(__file__).parent.parent


def python_of(page):
    blocks = page.read_text(encoding="utf-8").split("```python\n")[1:]
    return [block.split("```")[0] for block in blocks]


def test_python_of_the_page_runs(tmp_path, monkeypatch, capsys):
    (code,) = python_of(HERE / "README.md")
    assert python_of(HERE.parent.parent / "README.md") == [code]
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102
    assert float(capsys.readouterr().out.split()[0]) > 0.93
    assert [file.name for file in tmp_path.iterdir()] == ["cancer.safetensors"]


def test_python_of_the_guide_runs(tmp_path, monkeypatch, capsys):
    blocks = python_of(HERE.parent.parent / "docs/PYTHON.md")
    assert len(blocks) >= 3
    monkeypatch.chdir(tmp_path)
    scope = {}
    for block in blocks:
        exec(compile(block, "PYTHON.md", "exec"), scope)  # noqa: S102
    said = capsys.readouterr().out
    assert "kind=, kind=coat" in said and "[90. 20.]" in said and "interrupted" in said

//! Text tables that are laid out wrong, or of another encoding.

use super::{TABLE, assert_line, fit, refuse};
use crate::files::{Folder, gzip};
use crelu_data::{FileColumns, ReadOptions, Selection, read, read_selected};

/// The first column as the only feature.
fn first_of(_: &FileColumns<'_>) -> Selection {
    Selection {
        features: vec![0],
        target: None,
        ..Selection::default()
    }
}

#[test]
fn read_malformed_csv_names_row_and_column() {
    let folder = Folder::new();
    let bad = |name: &str, from: &str, to: &str, says: &[&str]| {
        refuse(&folder, name, TABLE.replacen(from, to, 1), &fit(), says)
    };
    bad("nan.csv", "5", "NaN", &["(row 2), column 2 (bravo)", "NaN"]);
    bad(
        "inf.csv",
        "6",
        "-inf",
        &["(row 2), column 3 (gamma)", "-inf"],
    );
    bad(
        "over.csv",
        "7",
        "1e400",
        &["(row 3), column 1 (alpha)", "1e400"],
    );
    bad(
        "hole.csv",
        "1,2",
        ",2",
        &["(row 1), column 1 (alpha)", "missing"],
    );
    bad(
        "ask.csv",
        "8",
        " ? ",
        &["(row 3), column 2 (bravo)", "missing", "'?'"],
    );
    bad(
        "text.csv",
        "9",
        "a\tbc",
        &["(row 3), column 3 (gamma)", "a\\tbc"],
    );
    bad(
        "notarget.csv",
        "6,1",
        "6,",
        &["(row 2), column 4 (kind)", "missing"],
    );
    bad(
        "nantarget.csv",
        "6,1",
        "6,nan",
        &["(row 2), column 4 (kind)"],
    );
    bad(
        "inftarget.csv",
        "6,1",
        "6,inf",
        &["(row 2), column 4 (kind)"],
    );
    bad(
        "short.csv",
        "4,5,6,1",
        "4,5,6",
        &["line 3 (row 2)", "has 3 cells", "line 1 has 4"],
    );
    bad(
        "long.csv",
        "4,5,6,1",
        "4,5,6,1,1",
        &["row 2", "5 cells", "quotes"],
    );
    bad(
        "quote.csv",
        "4,5",
        "\"4,5",
        &["line 3 (row 2)", "quotation mark"],
    );
    bad("nul.csv", "5", "\0", &["byte"]);
}

#[test]
fn read_headerless_csv_with_wrong_first_row_names_it() {
    let folder = Folder::new();
    refuse(
        &folder,
        "first.csv",
        "0.5,abc,0.1,1\n0.2,0.3,0.4,0\n",
        &fit(),
        &["(row 1), column 2", "abc"],
    );
    refuse(
        &folder,
        "hole.csv",
        "0.5,,0.1,1\n0.2,0.3,0.4,0\n",
        &fit(),
        &["(row 1), column 2", "missing"],
    );
}

#[test]
fn read_csv_without_data_is_refused() {
    let folder = Folder::new();
    for (name, text) in [
        ("empty.csv", ""),
        ("header.csv", "alpha,bravo,kind\n"),
        ("blank.csv", "\n\n \n"),
        ("bom.csv", "\u{feff}"),
    ] {
        refuse(&folder, name, text, &fit(), &["no rows"]);
        let path = folder.put(name, text);
        let error = read_selected(&path, &fit(), |file| Ok(first_of(file))).unwrap_err();
        assert_line(&error, &path, &["no rows"]);
    }
    refuse(&folder, "empty.csv.gz", "", &fit(), &[]);
    refuse(
        &folder,
        "narrow.csv",
        "kind\n1\n0\n",
        &fit(),
        &["one column", "comma", "line 1"],
    );
}

#[test]
fn read_csv_of_other_encoding_names_the_place() {
    let folder = Folder::new();
    refuse(
        &folder,
        "latin.csv",
        b"alpha,kind\n1,0\n\xe9,1\n",
        &fit(),
        &["(row 2), column 1 (alpha)", "UTF-8"],
    );
    refuse(
        &folder,
        "label.csv",
        b"alpha,kind\n1,0\n2,\xff\n",
        &fit(),
        &["(row 2), column 2 (kind)", "UTF-8"],
    );
    refuse(
        &folder,
        "head.csv",
        b"\xe9,kind\n1,0\n2,1\n",
        &fit(),
        &["line 1 (header), column 1", "UTF-8"],
    );
    refuse(
        &folder,
        "cut16.csv",
        b"\xff\xfea\0,\0b\0\n",
        &fit(),
        &["UTF-16"],
    );
    refuse(
        &folder,
        "wide32.csv",
        b"\xff\xfe\0\0a\0\0\0",
        &fit(),
        &["UTF-32"],
    );
}

#[test]
fn read_table_that_is_laid_out_wrong_says_how() {
    let folder = Folder::new();
    for (name, text, says) in [
        (
            "units.csv",
            "a,b,y\ndegC,kN,-\n1,2,3\n4,5,6\n",
            &["line 2 (row 1), column 1 (a)", "'degC'", "units"][..],
        ),
        (
            "title.csv",
            "My table\na,b,y\n1,2,3\n4,5,6\n4,5,6\n",
            &["line 2 (row 1) has 3 cells", "title"],
        ),
        (
            "comment.csv",
            "a,b,y\n1,2,3\n# half way\n4,5,6\n7,8,9\n",
            &["line 3 (row 2)", "comment"],
        ),
        (
            "commas.csv",
            "a,b,y\n1,5,2,5,3,5\n4,5,5,5,6,5\n",
            &["line 2 (row 1) has 6 cells", "decimal commas"],
        ),
        (
            "quoted.csv",
            "a,b\n\"1,5\",1\n2,2\n3,1\n",
            &["line 2 (row 1), column 1 (a)", "'1,5'", "decimal comma"],
        ),
        (
            "mixed.csv",
            "a;b\n1,5;1\n2,5;2\n3.5;1\n",
            &["line 4 (row 3)", "'3.5'", "decimal commas"],
        ),
        (
            "either.csv",
            "a;b\n1,500;1\n2,500;2\n",
            &["'1,500'", "thousands"],
        ),
        (
            "open.csv",
            "a,b,y\n1,2,3\n4,\"5,6\n7,8,9\n1,2,3\n",
            &["line 3 (row 2)", "quotation mark"],
        ),
        (
            "names.csv",
            "a,b\n1,2,3\n4,5,6\n7,8,9\n",
            &["line 2 (row 1) has 3 cells", "name missing"],
        ),
        ("sheet.csv", "PK\u{3}\u{4}rest", &["spreadsheet"]),
        ("page.csv", "<!DOCTYPE html>\n<p>a,b</p>\n", &["web page"]),
        ("object.csv", "{\"a\": 1}\n", &["JSON"]),
        (
            "lfs.csv",
            "version https://git-lfs.github.com/spec/v1\noid 1\n",
            &["Git LFS"],
        ),
    ] {
        refuse(&folder, name, text, &fit(), says);
    }
    refuse(&folder, "packed.csv", gzip(TABLE), &fit(), &["gzip", ".gz"]);
    refuse(
        &folder,
        "latin.csv",
        b"a,kind\n1,caf\xe9\n2,b\n",
        &fit(),
        &["line 2 (row 1)", "UTF-8"],
    );
}

#[test]
fn read_after_cells_of_several_lines_names_the_line_of_the_file() {
    let folder = Folder::new();
    let text = "# two\r\n# comments\r\n\r\na,\"b\r\nc\",kind\r\n1,2,\"x\r\ny\r\nz\"\r\n\r\n3,4,w\r\n5,oops,w\r\n6,7,w\r\n";
    for end in ["\r\n", "\n", "\r"] {
        refuse(
            &folder,
            "lines.csv",
            text.replace("\r\n", end),
            &fit(),
            &["line 11 (row 3), column 2 (b\\nc)", "'oops'"],
        );
    }
    refuse(
        &folder,
        "lines.svm",
        "# one\n\n1 1:1\n# two\n1 1:x\n",
        &fit(),
        &["line 5 (row 2), column 1", "'x'"],
    );
}

#[test]
fn read_names_again_below_the_first_line_is_refused() {
    let folder = Folder::new();
    let says = ["line 4 (row 3)", "names of the columns again"];
    let joined = "a,b,y\n1,2,0\n3,4,1\na,b,y\n5,6,0\n";
    refuse(&folder, "joined.csv", joined, &fit(), &says);
    // labels alone would not tell
    let words = "colour,kind\nred,yes\nblue,no\ncolour,kind\nred,no\nblue,yes\n";
    let options = ReadOptions {
        header: crelu_data::Header::Yes,
        ..fit()
    };
    refuse(&folder, "words.csv", words, &options, &says);
    // a row of numbers under names that are numbers is data
    let path = folder.put("years.csv", "0,1,2\n0,1,2\n0.5,1.5,2.5\n");
    assert_eq!(read(&path, &options).unwrap().n_samples, 2);
}

from kill_matrix import PAGE, page


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/assignments/kill_matrix.py"

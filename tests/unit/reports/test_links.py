import pytest

from bot.reports.links import LONGEST, followable


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://prom.example/graph?g0.expr=up&a=b#x", "https://prom.example/graph?g0.expr=up&a=b#x"),
        ("http://127.0.0.1:9090/", "http://127.0.0.1:9090/"),
        ("http://[::1]:9090/x", "http://[::1]:9090/x"),
        (" https://a.example ", "https://a.example"),
        ("https://a.example/(x)[y]", "https://a.example/%28x%29%5By%5D"),
        ("https://a.example/\"><b>?q=<x>'#`", "https://a.example/%22%3E%3Cb%3E?q=%3Cx%3E%27#%60"),
        ("https://a.example/é日", "https://a.example/%C3%A9%E6%97%A5"),
        ("https://a.example/a%20b|c", "https://a.example/a%20b%7Cc"),
    ],
)
def test_an_address_is_kept_but_for_what_could_end_it(url: str, followed: str) -> None:
    assert followable(url) == followed


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "/incidents/INC-1",
            "//evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://a.example",
            "https://",
        ),
        *(
            "https://ann:pw@a.example",
            "https://a.example:0/",
            "https://a.example:99999/",
            "https://[::1",
            "mailto:a@b.cc",
        ),
        *(
            "https://a.example\n/x",
            "https://a.example/\u202e",
            "https://a\\b.example/",
            "https://a b/",
            "https://é.example/",
        ),
        "https://a.example/" + "x" * LONGEST,
    ],
)
def test_what_is_no_address_to_follow_is_none(url: str) -> None:
    assert followable(url) == ""

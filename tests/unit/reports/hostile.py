"""Texts that would become markup somewhere if anyone pasted them."""

from bot.testing.contracts import HOSTILE as VALUES

HOSTILE = (
    *VALUES,
    *("<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "</style><script>alert(1)</script>", "<!-- ", "-->"),
    *('" onmouseover="alert(1)', "' onfocus='alert(1)", "&lt;b&gt; &amp; &#60;", "javascript:alert(1)", "<a href=//e>"),
    *(
        "[click](javascript:alert(1))",
        "![x](http://evil.example/p.png)",
        "[x]: http://evil.example",
        "[[x]]",
        "[ ] todo",
    ),
    *(
        "<http://evil.example>",
        "# heading",
        "###### six",
        "- item",
        "+ item",
        "* item",
        "1. one",
        "12) twelve",
        "> quote",
    ),
    *("---", "===", "***", "_emph_ *emph* **bold** ~~gone~~", "```\nfence", "~~~", "    code", "\tcode", "| a | b |"),
    *("a|b\n|---|---|\n|c|d|", "line  \nbreak\\", "<details>", "$\\alpha$", "$$x$$", "`one` ``two``", "`", "\\", "\\`"),
    *(
        "<!channel> <@U123> @everyone",
        "{% include 'x' %}",
        "{{ ''.__class__ }}",
        "{# x #}",
        "\x1b]0;title\x07",
        "\ud800",
    ),
    *(
        "=cmd|'/c calc'!A1",
        "\r\nSet-Cookie: a=b",
        "../../etc/passwd",
        "&copy; &#x202e;",
        "\u2028\u2029\ufeff",
        " ",
        "#",
        "1.",
    ),
)

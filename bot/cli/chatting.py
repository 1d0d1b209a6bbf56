"""How an answer of the chat looks in a terminal."""

from __future__ import annotations

from bot.cli.client import Answer
from bot.cli.console import Console, Style

_STYLES = {"good": Style.GOOD, "careful": Style.CAREFUL, "bad": Style.BAD}


def tell(answer: Answer, console: Console, *, numbered: bool) -> None:
    """All of it. `numbered`: a button is pressed by typing its number."""
    console.say(answer["headline"], _STYLES.get(answer["tone"], Style.BOLD))
    if answer["text"]:
        console.say(answer["text"])
    console.fields(answer["facts"])
    for one in answer["items"]:
        console.say(f"  {one}")
    if answer["code"]:
        console.say("\n".join(f"    {line}" for line in answer["code"].splitlines()), Style.FAINT)
    if answer["hint"]:
        console.say(answer["hint"], Style.FAINT)
    if answer["link"]:
        console.say(answer["link"], Style.FAINT)
    for number, press in enumerate(answer["presses"] if numbered else (), 1):
        console.line((f"[{number}] ", Style.FAINT), (press["label"], Style.BOLD), (f"  {press['says']}", Style.FAINT))


def fill(form: Answer, console: Console) -> dict[str, str] | None:
    """Asks for each blank of a form, one by one; None where whoever is asked has enough."""
    console.say(form["title"], Style.BOLD)
    values = dict(form["fixed"])
    for blank in form["blanks"]:
        words = [*blank["choices"][:10], *([blank["hint"]] if blank["hint"] else [])]
        about = f" ({', '.join(words)})" if words else ""
        usual = f" [{blank['value']}]" if blank["value"] else "" if blank["needed"] else " [nothing]"
        given = console.prompt(f"{blank['label']}{about}{usual}: ")
        if given is None or (not given and blank["needed"] and not blank["value"]):
            return None
        values[blank["name"]] = given or blank["value"]
    return values

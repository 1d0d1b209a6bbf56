from bot.charts.legend import series_names
from bot.model.labels import LabelSet


def names(*labels: dict[str, str]) -> list[str]:
    return series_names([LabelSet(one) for one in labels])


def test_one_label_that_tells_all_apart_is_enough() -> None:
    assert names({"job": "node", "instance": "a", "zone": "x"}, {"job": "node", "instance": "b", "zone": "x"}) == [
        "instance=a",
        "instance=b",
    ]


def test_otherwise_all_that_differs_is_said() -> None:
    assert names({"a": "1", "b": "1", "j": "n"}, {"a": "1", "b": "2", "j": "n"}, {"a": "2", "b": "2", "j": "n"}) == [
        "a=1, b=1",
        "a=1, b=2",
        "a=2, b=2",
    ]


def test_one_alone_says_all_it_has() -> None:
    assert names({"__name__": "up", "job": "node"}) == ["up job=node"]
    assert names({}) == ["no labels"]
    assert names() == []


def test_the_one_without_labels_has_a_name_too() -> None:
    assert names({}, {"job": "a"}) == ["no labels", "job=a"]
    assert names({"job": "a\nb"}, {"job": "c"}) == ["job=a b", "job=c"]

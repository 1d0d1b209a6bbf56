"""Rule files people use: public ones where they are at hand ($TOCSIN_CORPORA), and always those we ship."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def rule_files() -> list[Path]:
    """Every rule file at hand, unit-test files left out."""
    corpora = os.environ.get("TOCSIN_CORPORA")
    public = [
        file
        for folder in ("awesome-prometheus-alerts", "kubernetes-mixin")
        for file in (Path(corpora) / folder if corpora else ROOT / "none").glob("*.y*ml")
    ]
    return sorted(
        file
        for file in [*(ROOT / "rules" / "prometheus").glob("*.yaml"), *public]
        if file.read_text().lstrip().startswith("groups:") or "\ngroups:" in file.read_text()
    )

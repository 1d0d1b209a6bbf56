"""The service catalogue over the API."""

import asyncio
import subprocess
from pathlib import Path

import yaml

from tests.integrations.web import catalogue
from tests.integrations.web.house import House

API = "/api/v1"


async def test_services_are_listed_with_their_promises_and_open_incidents(house: House) -> None:
    await catalogue.list_services(house.world)
    async with house.program("vera") as program:
        listed = (await program.get(f"{API}/services")).json()["services"]
    assert [one["name"] for one in listed] == ["cart", "ledger"]
    cart, ledger = listed
    assert (cart["owner"], cart["tier"], cart["open"]) == ("shop", 1, ["INC-1"])
    assert (cart["matchers"], cart["dependencies"]) == (['namespace="cart"'], ["ledger", "mail"])
    assert ledger["dependents"] == ["cart"]
    [promise] = cart["slos"]
    assert (promise["name"], promise["objective"], promise["state"]) == ("availability", 0.999, "firing")
    assert promise["window"] == 30 * 86400


async def test_one_service_comes_with_its_last_incidents(house: House) -> None:
    await catalogue.list_services(house.world)
    async with house.program("vera") as program:
        found = (await program.get(f"{API}/services/cart")).json()
        absent = await program.get(f"{API}/services/crat")
    assert [one["id"] for one in found["incidents"]] == ["INC-1"]
    assert found["service"]["repository"] == "https://git.shop.example/cart"
    assert absent.status_code == 404
    assert absent.json()["hint"] == "there are: cart, ledger"


async def test_the_rules_of_its_promises_are_a_rule_file_that_promtool_takes(
    house: House, promtool: str, tmp_path: Path
) -> None:
    await catalogue.list_services(house.world)
    async with house.program("vera") as program:
        text = (await program.get(f"{API}/services/cart/rules")).text
        none = (await program.get(f"{API}/services/ledger/rules")).text
    assert [group["name"] for group in yaml.safe_load(text)["groups"]] == [
        "cart:availability:page", "cart:availability:ticket",
    ]  # fmt: skip
    assert yaml.safe_load(none) == {"groups": []}
    (tmp_path / "cart.yaml").write_text(text)
    command = [promtool, "check", "rules", str(tmp_path / "cart.yaml")]
    checked = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "4 rules found" in checked.stdout

"""Which addresses a name in a document may lead to."""

from ipaddress import ip_network

import pytest

from bot.errors import Permanent
from bot.kit.networks import Networks

NOWHERE = (
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.1", "0", "0.0.0.0", "127.0.0.1.",
    "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "[::]", "[::1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]",
    "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
)  # fmt: skip


@pytest.mark.parametrize("host", NOWHERE)
def test_an_address_that_is_not_public_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(Permanent, match="may not reach") as refused:
        Networks().check_url(f"http://{host}:8080/path", "shop")
    assert "networks" in refused.value.hint


@pytest.mark.parametrize("url", ["http://example.net", "https://8.8.8.8/x", "https://[2a00:1450::1]/", "http://x1.de"])
def test_names_and_public_addresses_are_not(url: str) -> None:
    Networks().check_url(url, "shop")


@pytest.mark.parametrize("url", ["http://10.1.2.3/", "http://[::ffff:10.1.2.3]/"])
def test_what_the_operator_named_may_be_reached(url: str) -> None:
    Networks((ip_network("10.1.0.0/16"),)).check_url(url, "shop")
    with pytest.raises(Permanent):
        Networks((ip_network("10.2.0.0/16"),)).check_url(url, "shop")


@pytest.mark.parametrize(
    "host", ["168.63.129.16", "169.254.169.254", "100.100.100.200", "[::ffff:100.100.100.200]", "[fd20:ce::254]"]
)
def test_where_clouds_hand_out_credentials_is_reached_from_nowhere(host: str) -> None:
    """Azure's address is a public one; others lie in networks that people name for themselves."""
    inside = Networks(tuple(map(ip_network, ("100.64.0.0/10", "169.254.0.0/16", "fc00::/7"))))
    with pytest.raises(Permanent, match="a cloud hands out credentials"):
        inside.check_url(f"http://{host}/latest", "shop")


def test_a_name_that_stands_for_one_good_address_and_one_bad_one_is_bad() -> None:
    Networks().check("shop.example.net", ["8.8.8.8", "2a00:1450::1"], "shop")
    with pytest.raises(Permanent, match="may not reach shop"):
        Networks().check("shop.example.net", ["8.8.8.8", "fe80::1%2"], "shop")

"""Triggers of the catalogue: the price of an item falls, or its stock runs low."""

from dataclasses import dataclass
from enum import StrEnum

from towpath.audiences.conditions import ConditionGroups, Place
from towpath.flows.definition.filters import read_filter
from towpath.flows.definition.limits import AMOUNT_MAX, DELAY_DAYS_MAX
from towpath.flows.definition.reading import Fields

LOOK_BACK_DAYS_DEFAULT = 30


class DropUnit(StrEnum):
    """What the amount of a price drop counts."""

    CURRENCY = "currency"
    PERCENT = "percent"


class ProductLevel(StrEnum):
    """Whose stock is watched."""

    PRODUCT = "product"
    VARIANT = "variant"


class Interest(StrEnum):
    """How a person has shown interest in the item."""

    VIEWED = "viewed"
    ADDED_TO_CART = "added-to-cart"
    CHECKOUT_STARTED = "checkout-started"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceDropTrigger:
    """The price falls by at least the amount, for people with one of the interests."""

    trigger_filter: ConditionGroups | None
    price_drop_amount_value: int | float
    price_drop_amount_unit: DropUnit
    audience: frozenset[Interest]
    timeframe_days: int
    currency_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LowInventoryTrigger:
    """The stock falls to the count, for people with one of the interests."""

    trigger_filter: ConditionGroups | None
    product_level: ProductLevel
    inventory_count: int
    audience: frozenset[Interest]
    timeframe_days: int


def read_price_drop(fields: Fields) -> PriceDropTrigger:
    """Read a trigger of type `price-drop`."""
    fields.require("audience")
    return PriceDropTrigger(
        trigger_filter=read_filter(fields, "trigger_filter", Place.TRIGGER_FILTER),
        price_drop_amount_value=fields.number("price_drop_amount_value") or 0,
        price_drop_amount_unit=fields.choice(
            "price_drop_amount_unit", DropUnit, default=DropUnit.CURRENCY
        ),
        audience=fields.choices("audience", Interest),
        timeframe_days=_read_look_back(fields),
        currency_type=fields.text("currency_type") or "usd",
    )


def read_low_inventory(fields: Fields) -> LowInventoryTrigger:
    """Read a trigger of type `low-inventory`."""
    fields.require("audience", "product_level")
    count = fields.whole_number("inventory_count", default=None, maximum=AMOUNT_MAX)
    return LowInventoryTrigger(
        trigger_filter=read_filter(fields, "trigger_filter", Place.TRIGGER_FILTER),
        product_level=fields.choice("product_level", ProductLevel, default=ProductLevel.PRODUCT),
        inventory_count=count or 0,
        audience=fields.choices("audience", Interest),
        timeframe_days=_read_look_back(fields),
    )


def _read_look_back(fields: Fields) -> int:
    return fields.whole_number(
        "timeframe_days", default=LOOK_BACK_DAYS_DEFAULT, minimum=1, maximum=DELAY_DAYS_MAX
    )

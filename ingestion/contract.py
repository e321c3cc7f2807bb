"""The input contract: every entity cx360 understands, as data.

Sources map onto these entities by declaration (`ingestion/declaration.py`); everything downstream
(staging, suites, documentation) is derived from here. What does **not** belong here: how a source
looks (that is its declaration) and how rows are checked (that is `expectations/`).

A column joins the contract when two sources can fill it; until then it rides in `source_metadata`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

KINDS: dict[str, str] = {
    "crm": "Customers, accounts, contracts, consents, campaigns and service cases",
    "pos": "Orders, order lines, products and stores from tills, web shop and app",
    "survey": "Questions, invitations, responses and answers",
    "social": "Posts, reviews, forum threads and known profiles",
    "digital": "Web, app and device events, and advertising spend",
}

ColumnType = Literal[
    "string", "integer", "decimal", "double", "boolean", "timestamp", "date", "json"
]

# The engine's type for each canonical type. Timestamps are UTC without a zone; money is exact.
DUCKDB_TYPES: dict[str, str] = {
    "string": "varchar",
    "integer": "bigint",
    "decimal": "decimal(18,4)",
    "double": "double",
    "boolean": "boolean",
    "timestamp": "timestamp",
    "date": "date",
    "json": "varchar",
}

# What a column says about a person. The publisher drops `direct`, `indirect` and `text`; a mart may
# generalise what is indirect (birth date -> birth year). A `pseudonym` may join, never be shown.
PiiClass = Literal["none", "pseudonym", "indirect", "direct", "text"]


# Dates that no business has are misread ones.
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True)
class Column:
    """One canonical column.

    `references` names the entity this column points to; ingestion then adds a `<name>_key` column
    (`customer_ref` -> `customer_key`) holding the record key of the record pointed to.
    `known_values` are those cx360 has a meaning for; others are kept and reported, not rejected.
    `earliest` bounds a date or time; one that `is_past` lies not after its extract's date. A value
    of a `lenient` column that cannot be used leaves it empty, and the row is accepted: what only
    describes somebody must not cost the record. The delivered text then rides in
    `source_metadata` under the column's name.
    """

    name: str
    type: ColumnType
    description: str
    pii: PiiClass = "none"
    required: bool = False
    references: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    known_values: tuple[str, ...] = ()
    earliest: date = EARLIEST
    is_past: bool = False
    lenient: bool = False

    @property
    def key_name(self) -> str:
        """Name of the derived key column of a reference."""
        if self.references is None:
            raise ValueError(f"{self.name} is not a reference")
        return self.name.removesuffix("_ref") + "_key"


@dataclass(frozen=True)
class Entity:
    """One entity. `name` is `<kind>.<objects>`; its raw table is `<kind>_<objects>`.

    `event_time` is the column whose latest value says how far the facts reach (for `as_of`).
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    event_time: str | None = None

    @property
    def kind(self) -> str:
        """Source kind, such as crm."""
        return self.name.split(".")[0]

    @property
    def objects(self) -> str:
        """Plural noun, such as customers."""
        return self.name.split(".")[1]

    @property
    def table(self) -> str:
        """Name of the raw table, such as crm_customers."""
        return self.name.replace(".", "_")

    @property
    def raw_columns(self) -> tuple[Column, ...]:
        """All columns of the raw table: system columns, declared ones, and the derived keys."""
        keys = tuple(
            Column(c.key_name, "string", f"Record key that `{c.name}` points to.", "pseudonym")
            for c in self.columns
            if c.references
        )
        return SYSTEM_COLUMNS + self.columns + keys

    def column(self, name: str) -> Column:
        """The declared column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")


def _c(
    name: str,
    type: ColumnType,
    description: str,
    pii: PiiClass = "none",
    *,
    required: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
    known: str = "",
) -> Column:
    return Column(
        name, type, description, pii, required, None, minimum, maximum, tuple(known.split())
    )


def _ref(name: str, references: str, description: str, *, required: bool = False) -> Column:
    return Column(name, "string", description, "pseudonym", required, references)


SYSTEM_COLUMNS: tuple[Column, ...] = (
    _c("source_system", "string", "Name of the source, from its declaration.", required=True),
    _c("source_record_ref", "string", "The record's key in its source.", "pseudonym",
       required=True),
    _c("record_key", "string", "md5 of entity, source system and source reference.", "pseudonym",
       required=True),
    _c("load_id", "string", "The load that brought this version of the record.", required=True),
    _c("load_sequence", "integer", "Running number of the load; recorded history.", required=True),
    _c("extracted_on", "date", "Date the extract declares for itself."),
    _c("updated_at", "timestamp", "When the source last changed the record (UTC)."),
    _c("source_metadata", "json", "Columns of the extract outside the contract, as JSON.", "text"),
    _c("is_deleted", "boolean", "The source deleted the record: this version has its key and times "
       "only. Null or false: it is there."),
)

_CUSTOMER = _ref("customer_ref", "crm.customers", "The customer, by its key in the CRM.")
_EMAIL = _c("email", "string", "E-mail address given with the record.", "direct")
_PHONE = _c("phone", "string", "Phone number given with the record.", "direct")
_LOYALTY = _c("loyalty_id", "string", "Number of the loyalty card.", "direct")
_ACCOUNT = _ref("account_ref", "crm.accounts", "The business account.")
_ORDER = _ref("order_ref", "pos.orders", "The order it is about.")
_CASE = _ref("case_ref", "crm.cases", "The case it is about.")
_PRODUCT = _ref("product_ref", "pos.products", "The product.")
_STORE = _ref("store_ref", "pos.stores", "The store or partner.")
_CAMPAIGN = _ref("campaign_ref", "crm.campaigns", "The campaign.")
_CURRENCY = _c("currency", "string", "ISO 4217 code of the amounts.")

_CRM = (
    Entity("crm.customers", "One row per customer record of a CRM.", (
        _c("customer_number", "string", "The source's own number of the person, where it differs "
           "from the record's key.", "direct"),
        _LOYALTY,
        _c("customer_type", "string", "Person or business.", known="person business"),
        _c("title", "string", "Form of address or academic title.", "indirect"),
        _c("first_name", "string", "First name.", "direct"),
        _c("last_name", "string", "Last name.", "direct"),
        _c("company_name", "string", "Company the person stands for.", "direct"),
        _EMAIL,
        _PHONE,
        Column("birth_date", "date", "Date of birth; one that cannot be read, is before the year "
               "1000 or after the extract is kept in `source_metadata` only.", "indirect",
               earliest=date(1000, 1, 1), is_past=True, lenient=True),
        _c("gender", "string", "Gender as recorded.", "indirect"),
        _c("street", "string", "Street and house number.", "direct"),
        _c("postal_code", "string", "Postal code.", "indirect"),
        _c("city", "string", "City.", "indirect"),
        _c("region", "string", "Federal state or region."),
        _c("country", "string", "ISO 3166 country code."),
        _c("language", "string", "Preferred language, ISO 639-1."),
        _ACCOUNT,
        _c("acquisition_channel", "string", "How the customer was won."),
        _ref("acquisition_campaign_ref", "crm.campaigns", "Campaign that won the customer."),
        _c("acquisition_cost", "decimal", "What winning the customer cost.", minimum=0),
        _CURRENCY,
        _c("loyalty_tier", "string", "Tier in the loyalty programme."),
        _c("loyalty_joined_at", "timestamp", "When the customer joined the loyalty programme."),
        _c("created_at", "timestamp", "When the record was created in the CRM."),
    ), event_time="created_at"),
    Entity("crm.accounts", "One row per business account.", (
        _c("name", "string", "Name of the company.", "indirect"),
        _ref("parent_account_ref", "crm.accounts", "Parent company."),
        _c("industry", "string", "Industry."),
        _c("size_class", "string", "Size class of the company."),
        _c("region", "string", "Federal state or region."),
        _c("country", "string", "ISO 3166 country code."),
        _c("owner_team", "string", "Team in charge of the account."),
        _c("created_at", "timestamp", "When the account was opened."),
    ), event_time="created_at"),
    Entity("crm.contracts", "One row per subscription contract.", (
        _CUSTOMER, _ACCOUNT, _PRODUCT,
        _c("started_on", "date", "First day of the contract.", required=True),
        _c("ended_on", "date", "Last day, empty while it runs."),
        _c("cancelled_on", "date", "Day notice was given."),
        _c("fee_amount", "decimal", "Fee per period.", minimum=0),
        _c("fee_period", "string", "Period of the fee.", known="month quarter year"),
        _CURRENCY,
        _c("status", "string", "State of the contract.", known="active cancelled ended paused"),
    )),
    Entity("crm.consents", "One row per decision on a consent.", (
        _CUSTOMER,
        _c("purpose", "string", "What the consent is for.", required=True,
           known="marketing profiling research quotation"),
        _c("channel", "string", "Channel it covers.", known="email phone sms post push all"),
        _c("is_granted", "boolean", "Granted or withdrawn.", required=True),
        _c("decided_at", "timestamp", "When it was decided.", required=True),
    ), event_time="decided_at"),
    Entity("crm.merges", "One row per merge in the CRM's own merge log.", (
        _ref("surviving_customer_ref", "crm.customers", "Record that stayed.", required=True),
        _ref("merged_customer_ref", "crm.customers", "Record that was merged.", required=True),
        _c("merged_at", "timestamp", "When it was merged."),
    ), event_time="merged_at"),
    Entity("crm.referrals", "One row per referral of one customer by another.", (
        _ref("referrer_customer_ref", "crm.customers", "Who recommended.", required=True),
        _ref("referred_customer_ref", "crm.customers", "Who came."),
        _c("referred_at", "timestamp", "When.", required=True),
    ), event_time="referred_at"),
    Entity("crm.cases", "One row per service case of one system.", (
        _CUSTOMER, _ACCOUNT, _ORDER, _PRODUCT, _STORE, _EMAIL, _PHONE, _LOYALTY,
        _c("channel", "string", "Channel of the first contact.",
           known="phone email chat chatbot form store social app"),
        _c("reason", "string", "Reason of the contact."),
        _c("department", "string", "Department in charge."),
        _c("team", "string", "Team in charge."),
        _c("partner", "string", "External partner in charge."),
        _c("status", "string", "State of the case.", known="open pending resolved closed"),
        _c("priority", "string", "Priority.", known="low normal high urgent"),
        _c("opened_at", "timestamp", "When the customer made contact.", required=True),
        _c("first_response_at", "timestamp", "First answer by a person or bot."),
        _c("promised_at", "timestamp", "When an answer was promised for."),
        _c("resolved_at", "timestamp", "When it was last resolved."),
        _c("reopened_at", "timestamp", "When it was last opened again."),
        _c("reopen_count", "integer", "How often it was opened again.", minimum=0),
        _c("waiting_time_seconds", "double", "Waiting before somebody answered.", minimum=0),
        _c("handling_time_seconds", "double", "Time spent on it.", minimum=0),
        _c("is_abandoned", "boolean", "The customer gave up waiting."),
        _c("is_escalated", "boolean", "It was escalated."),
        _c("is_bot_handover", "boolean", "A bot handed it over to a person."),
        _ref("linked_case_ref", "crm.cases", "The same problem's case in another system."),
        _c("subject", "string", "Subject line.", "text"),
        _c("cost_amount", "decimal", "Cost of the case where known.", minimum=0),
        _CURRENCY,
    ), event_time="opened_at"),
    Entity("crm.case_messages", "One row per turn of a case.", (
        _ref("case_ref", "crm.cases", "The case.", required=True),
        _c("author_role", "string", "Who wrote it.", known="customer agent bot system"),
        _c("sent_at", "timestamp", "When it was sent.", required=True),
        _c("text", "string", "What was written or said.", "text"),
    ), event_time="sent_at"),
    Entity("crm.campaigns", "One row per campaign.", (
        _c("name", "string", "Name of the campaign."),
        _c("channel", "string", "Main channel."),
        _c("objective", "string", "What it is for."),
        _c("started_on", "date", "First day."),
        _c("ended_on", "date", "Last day."),
        _c("budget_amount", "decimal", "Budget.", minimum=0),
        _CURRENCY,
    )),
    Entity("crm.campaign_sends", "One row per message of a campaign to a recipient.", (
        _ref("campaign_ref", "crm.campaigns", "The campaign.", required=True),
        _CUSTOMER, _EMAIL,
        _c("channel", "string", "Channel of the message.", known="email sms post push"),
        _c("is_control_group", "boolean", "Held back at random for comparison."),
        _c("sent_at", "timestamp", "When it was sent.", required=True),
        _c("opened_at", "timestamp", "First opening."),
        _c("clicked_at", "timestamp", "First click."),
        _c("unsubscribed_at", "timestamp", "When the recipient unsubscribed with it."),
    ), event_time="sent_at"),
    Entity("crm.research_notes", "One row per note from an interview or workshop.", (
        _CUSTOMER,
        _c("method", "string", "Method.", known="interview workshop diary usability_test"),
        _c("participant_type", "string", "Who took part.", known="customer employee partner"),
        _c("topic", "string", "Topic of the session."),
        _c("conducted_on", "date", "When.", required=True),
        _c("text", "string", "The note.", "text"),
    ), event_time="conducted_on"),
)

_POS = (
    Entity("pos.orders", "One row per order or till receipt.", (
        _CUSTOMER, _ACCOUNT, _STORE, _CAMPAIGN, _EMAIL, _PHONE, _LOYALTY,
        _c("channel", "string", "Where it was bought.", known="store web app phone marketplace"),
        _c("status", "string", "State of the order.",
           known="created paid shipped delivered cancelled returned"),
        _c("ordered_at", "timestamp", "When it was ordered.", required=True),
        _c("promised_at", "timestamp", "Delivery promised for."),
        _c("shipped_at", "timestamp", "When it left the warehouse."),
        _c("delivered_at", "timestamp", "When it reached the customer."),
        _c("net_amount", "decimal", "Goods after discount, before tax, as the source states it."),
        _c("tax_amount", "decimal", "Tax."),
        _c("shipping_amount", "decimal", "Shipping paid by the customer."),
        _c("discount_amount", "decimal", "Discount given."),
        _CURRENCY,
        _c("payment_method", "string", "Method of payment."),
        _c("coupon_code", "string", "Coupon used."),
    ), event_time="ordered_at"),
    Entity("pos.order_lines", "One row per line of an order; returned goods are negative.", (
        _ref("order_ref", "pos.orders", "The order.", required=True),
        _PRODUCT,
        _c("line_number", "integer", "Position in the order."),
        _c("quantity", "decimal", "Quantity, negative for returned goods.", required=True),
        _c("net_amount", "decimal", "Line total after discount, before tax; negative for returns.",
           required=True),
        _c("discount_amount", "decimal", "Discount on the line."),
        _c("tax_amount", "decimal", "Tax on the line."),
        _c("shipping_amount", "decimal", "Shipping charged with the line."),
        _c("cost_amount", "decimal", "Cost of the goods."),
        _CURRENCY,
        _c("promotion", "string", "Promotion applied."),
        _c("is_return", "boolean", "The line takes goods back."),
        _c("return_reason", "string", "Why goods came back."),
        _c("booked_at", "timestamp", "When the line was booked (a return later than its order)."),
    ), event_time="booked_at"),
    Entity("pos.products", "One row per product.", (
        _c("name", "string", "Name of the product."),
        _c("category", "string", "Category."),
        _c("subcategory", "string", "Subcategory."),
        _c("brand", "string", "Brand."),
        _c("supplier", "string", "Supplier."),
        _c("unit_price", "decimal", "List price."),
        _c("unit_cost", "decimal", "Cost."),
        _CURRENCY,
        _c("is_subscription", "boolean", "Sold as a subscription."),
        _c("launched_on", "date", "On sale since."),
    )),
    Entity("pos.stores", "One row per store, shop or dealer.", (
        _c("name", "string", "Name of the store."),
        _c("store_type", "string", "Kind of place.", known="store web app dealer partner"),
        _c("partner", "string", "Partner that runs it."),
        _c("city", "string", "City."),
        _c("postal_code", "string", "Postal code."),
        _c("region", "string", "Federal state or region."),
        _c("country", "string", "ISO 3166 country code."),
        _c("opened_on", "date", "Open since."),
    )),
)

_SURVEY = (
    Entity("survey.questions", "One row per question of a survey.", (
        _c("survey", "string", "Survey the question belongs to."),
        _c("wording", "string", "The question as asked."),
        _c("question_type", "string", "Type.", required=True,
           known="nps csat ces rating choice text"),
        _c("scale_min", "double", "Lowest score of the scale."),
        _c("scale_max", "double", "Highest score of the scale."),
        _c("is_reversed", "boolean", "A low score is the good one."),
        _c("dimension", "string", "What it is about (delivery, staff, …)."),
        _c("measures", "string", "What it asks for.", known="experience expectation importance"),
        _c("touchpoint", "string", "Touchpoint it is about."),
    )),
    Entity("survey.invitations", "One row per invitation to a survey.", (
        _c("survey", "string", "The survey."),
        _CUSTOMER, _EMAIL, _ORDER, _CASE,
        _c("channel", "string", "Channel of the invitation."),
        _c("sent_at", "timestamp", "When it was sent.", required=True),
    ), event_time="sent_at"),
    Entity("survey.responses", "One row per filled-in survey.", (
        _c("survey", "string", "The survey."),
        _ref("invitation_ref", "survey.invitations", "The invitation answered."),
        _CUSTOMER, _EMAIL, _PHONE, _LOYALTY, _ORDER, _CASE, _STORE,
        _c("respondent_type", "string", "Who answered.", known="customer employee partner"),
        _c("responded_at", "timestamp", "When it was answered.", required=True),
        _c("channel", "string", "Channel of the answer."),
        _c("touchpoint", "string", "Touchpoint it is about."),
        _c("department", "string", "Department of an employee or in question."),
        _c("weight", "double", "Survey weight.", minimum=0),
        _c("language", "string", "Language of the questionnaire."),
        _c("age_group", "string", "Age group stated.", "indirect"),
        _c("gender", "string", "Gender stated.", "indirect"),
    ), event_time="responded_at"),
    Entity("survey.answers", "One row per answer to one question in one response.", (
        _ref("response_ref", "survey.responses", "The response.", required=True),
        _ref("question_ref", "survey.questions", "The question.", required=True),
        _c("score", "double", "Score on the question's own scale."),
        _c("choice", "string", "Stable reference of the option chosen."),
        _c("text", "string", "Free text.", "text"),
        _c("is_not_applicable", "boolean", "The respondent said it does not apply."),
    )),
)

_SOCIAL = (
    Entity("social.posts", "One row per post, comment, review or forum entry.", (
        _c("platform", "string", "Platform."),
        _c("post_type", "string", "Kind of post.", known="post comment review forum community"),
        _c("thread_ref", "string", "Thread or conversation it belongs to.", "pseudonym"),
        _ref("parent_post_ref", "social.posts", "Post it answers."),
        _c("author_handle", "string", "Name of the author on the platform.", "direct"),
        _c("posted_at", "timestamp", "When it was posted.", required=True),
        _c("rating", "double", "Stars given."),
        _c("rating_max", "double", "Highest possible rating."),
        _c("text", "string", "The text.", "text"),
        _c("language", "string", "Language the platform states."),
        _c("likes_count", "integer", "Likes.", minimum=0),
        _PRODUCT, _STORE,
    ), event_time="posted_at"),
    Entity("social.profile_links", "One row per known link of a social profile to a customer.", (
        _c("platform", "string", "Platform.", required=True),
        _c("author_handle", "string", "Name on the platform.", "direct", required=True),
        _CUSTOMER, _EMAIL,
        _c("linked_at", "timestamp", "When the link was made."),
    ), event_time="linked_at"),
)

_DIGITAL = (
    Entity("digital.events", "One row per event on web site, app or device.", (
        _c("event_type", "string", "What happened.", required=True,
           known="page_view search product_view cart checkout purchase newsletter_signup ad_click "
           "video app_error device_signal login help_view"),
        _c("occurred_at", "timestamp", "When it happened.", required=True),
        _c("visitor_id", "string", "Identifier of browser or app install.", "pseudonym"),
        _c("session_id", "string", "Session, where the source has one.", "pseudonym"),
        _CUSTOMER,
        _c("email", "string", "E-mail used to log in.", "direct"),
        _c("channel", "string", "Web, app or device.", known="web app device"),
        _c("page", "string", "Page or screen."),
        _PRODUCT, _ORDER, _CAMPAIGN,
        _c("search_term", "string", "What was searched for.", "text"),
        _c("device_type", "string", "Kind of device."),
        _c("device_id", "string", "Identifier of the device.", "pseudonym"),
        _c("signal", "string", "Error code or device signal."),
        _c("duration_seconds", "double", "Duration.", minimum=0),
    ), event_time="occurred_at"),
    Entity("digital.ad_spend", "One row per day, campaign and platform.", (
        _CAMPAIGN,
        _c("platform", "string", "Advertising platform."),
        _c("spend_date", "date", "Day.", required=True),
        _c("impressions_count", "integer", "Impressions.", minimum=0),
        _c("clicks_count", "integer", "Clicks.", minimum=0),
        _c("cost_amount", "decimal", "Cost.", minimum=0),
        _CURRENCY,
    ), event_time="spend_date"),
)

ENTITIES: dict[str, Entity] = {
    entity.name: entity for entity in (*_CRM, *_POS, *_SURVEY, *_SOCIAL, *_DIGITAL)
}


def references() -> Iterator[tuple[Entity, Column]]:
    """Every (entity, reference column) of the contract."""
    for entity in ENTITIES.values():
        for column in entity.columns:
            if column.references:
                yield entity, column


def personal_columns() -> dict[str, PiiClass]:
    """Column name -> strongest personal-data class it has in any entity."""
    order: tuple[PiiClass, ...] = ("none", "pseudonym", "indirect", "direct", "text")
    classes: dict[str, PiiClass] = {}
    for entity in ENTITIES.values():
        for column in entity.raw_columns:
            known = classes.get(column.name, "none")
            classes[column.name] = max(known, column.pii, key=order.index)
    return {name: pii for name, pii in classes.items() if pii != "none"}

"""The start with an app of one's own: what its Compose file lacks, decided and explained. Pure."""

from deploy.init.draft import draft
from deploy.init.facts import Choice, Draft, Facts

__all__ = ["Choice", "Draft", "Facts", "draft"]

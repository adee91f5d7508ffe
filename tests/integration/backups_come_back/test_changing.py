"""Files that grow, shrink, move and vanish while they are read: no backup fails, and no restore."""

import pytest
from backups_come_back.shop import Shop

CHURN = """
import os, random, sys, time
os.chdir("/uploads")
os.makedirs("churn", exist_ok=True)
for n in range(2000):
    open(f"still {n}", "w").write(str(n) * 500)
if os.fork():
    sys.exit()
os.setsid()
while not os.path.exists("enough"):
    name = f"churn/{random.randrange(60)}"
    with open(name, "ab") as out:
        out.write(os.urandom(random.randrange(400_000)))
    if random.random() < 0.3:
        os.truncate(name, random.randrange(1000))
    if random.random() < 0.2:
        os.rename(name, f"churn/moved {random.randrange(60)}")
    for gone in random.sample(os.listdir("churn"), 1):
        os.remove(f"churn/{gone}")
"""
STILL = """
import hashlib, os
names = sorted(name for name in os.listdir("/uploads") if name.startswith("still"))
texts = [open(f"/uploads/{name}").read() for name in names]
print(len(names), hashlib.sha256(repr(texts).encode()).hexdigest())
"""


@pytest.mark.thorough
def test_a_folder_that_never_rests(shop: Shop) -> None:
    shop.python(CHURN)
    before = shop.python(STILL)
    taken = [shop.backup("--only", "uploads") for _ in range(3)]
    shop.python("open('/uploads/enough', 'w').close()")

    for snapshot in taken:
        ended = shop.restore("--only", "uploads", "--point", snapshot)
        assert ended.code == 0, ended.all
        assert shop.python(STILL) == before
    shop.assert_tidy()

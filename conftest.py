"""Fixtures of the whole house: Alice owns what a test makes, Bob is a stranger, Sam is support."""

import os

import pytest
from django.conf import settings as project
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from hypothesis import settings as hypothesis_settings

from fashionos.accounts.keys import forget_data_keys
from fashionos.kit import throttles
from fashionos.testing.people import Person, add_person
from insights import hits

# Enough to find what a change breaks, few enough for a suite of minutes; HYPOTHESIS_PROFILE=default looks harder.
hypothesis_settings.register_profile("suite", max_examples=40, deadline=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let TRUNCATE, by which transactional tests clean up, pass; test_walls.py proves the trigger all the same."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE assistant_conversations DISABLE TRIGGER assistant_conversations_keep"
        )
    yield
    with django_db_blocker.unblock():
        hits.settle()


@pytest.fixture(scope="session", autouse=True)
def _own_ledger(tmp_path_factory):
    """Keep the users that tests erase out of this machine's ledger."""
    project.ERASURE_LEDGER = tmp_path_factory.mktemp("privacy") / "erasures.txt"


@pytest.fixture(autouse=True)
def _fresh_memory():
    """Forget what the process remembers between requests: limits, caches, keys, ids of content types."""
    cache.clear()
    ContentType.objects.clear_cache()
    throttles.forget_counts()
    forget_data_keys()


@pytest.fixture
def alice(db) -> Person:
    return add_person("alice@example.com")


@pytest.fixture
def bob(db) -> Person:
    return add_person("bob@example.com")


@pytest.fixture
def sam(db) -> Person:
    return add_person("sam@example.com", is_staff=True)

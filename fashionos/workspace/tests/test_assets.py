import pytest

from fashionos.workspace import services
from fashionos.workspace.models import Asset, Shot
from fashionos.workspace.tests.conftest import as_person, listening


@pytest.fixture
def assets(alice):
    with as_person(alice):
        return services.add_assets(
            alice.id,
            [{"reference": "a", "file_name": "a.jpg"}, {"reference": "b", "file_name": "b.jpg"}],
            by=alice.id,
        )


@pytest.mark.django_db(transaction=True)
def test_uploads_approvals_and_rejections_are_told_and_nothing_else_is(alice):
    with listening() as told, as_person(alice):
        services.add_assets(alice.id, [{"reference": "a", "file_name": "a.jpg"}], by=alice.id)
        mine = Asset.objects.for_user(alice)
        services.change_assets(mine, {"rating": 4}, by=alice.id)
        services.change_assets(mine, {"status": "approved"}, by=alice.id)
        services.change_assets(mine, {"status": "approved"}, by=alice.id)
        services.change_assets(
            mine, {"status": "rejected", "rejection_reason": "blink"}, by=alice.id
        )
        services.change_assets(mine, {"status": "archived"}, by=alice.id)
    assert {topic for topic, _, _ in told} == {f"assets:{alice.id}"}
    assert [(event, fact["fileName"], fact.get("reason")) for _, event, fact in told] == [
        ("asset_uploaded", "a.jpg", None),
        ("asset_approved", "a.jpg", None),
        ("asset_rejected", "a.jpg", "blink"),
    ]


def test_a_stranger_reaches_no_picture_and_no_shot(alice, bob, assets):
    with as_person(alice):
        services.add_shots(alice.id, [{"name": "Front"}], by=alice.id)
    with as_person(bob):
        assert services.change_assets(Asset.objects.all(), {"status": "approved"}, by=bob.id) == []
        assert services.remove_assets(Asset.objects.all()) == 0
        assert services.change_shots(Shot.objects.all(), {"status": "captured"}, by=bob.id) == []
        assert services.remove_shots(Shot.objects.all()) == 0
    with as_person(alice):
        assert {asset.status for asset in Asset.objects.for_user(alice)} == {"uploaded"}
        assert Shot.objects.for_user(alice).get().status == "planned"


def test_a_shot_can_be_added_captured_and_removed(alice):
    with as_person(alice):
        services.add_shots(alice.id, [{"reference": "s", "name": "Front"}] * 2, by=alice.id)
        [shot] = services.change_shots(
            Shot.objects.for_user(alice), {"status": "captured"}, by=alice.id
        )
        assert shot.status == "captured"
        assert services.remove_shots(Shot.objects.for_user(alice)) == 1

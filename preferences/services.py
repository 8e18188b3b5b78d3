from fashionos.accounts.tokens import Caller
from fashionos.kit.owned import Role, acting
from preferences.models import UserPreferences


def preferences_of(caller: Caller) -> UserPreferences:
    """Return the caller's preferences; the row comes with the user."""
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        row: UserPreferences = UserPreferences.objects.for_user(caller).get()
    return row

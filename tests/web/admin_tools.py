"""People and their browsers, for the tests of the admin."""

from html import unescape

from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from issues.models import Issue

LIST = "admin:issues_issue_changelist"


def manager_named(name: str) -> User:
    """A member of the staff in the managers' group."""
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name="Gestores"))
    return user


def logged_in(user: User, **options) -> Client:
    """A browser of `user`, reading English: the words in the source."""
    client = Client(headers={"accept-language": "en"}, **options)
    client.force_login(user)
    return client


def may_only(*codenames: str) -> Client:
    """The browser of somebody on the staff with these permissions on issues and no others."""
    user = User.objects.create_user(f"user{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="issues", codename__in=codenames))
    return logged_in(user)


def page_of(issue: Issue) -> str:
    return reverse("admin:issues_issue_change", args=[issue.pk])


def text_of(response) -> str:
    return unescape(response.content.decode())


def kinds(issue: Issue) -> list[str]:
    """What happened to the issue, in order."""
    return list(issue.actions.values_list("kind", flat=True))

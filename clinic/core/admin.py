"""The admin is a door: it shows the open hospital's rows and calls operations, and decides nothing itself.

``HouseAdmin`` is the only base and ``site`` the only site. Django's admin writes rows, keeps its own log and opens its
own transactions; here each of the three is taken away, so that the operation is the outermost and its Event the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from clinic.core.access import Actor, needs
from clinic.core.errors import Conflict, DomainError, Forbidden, NotFound
from clinic.core.nouns import Versioned
from clinic.core.tenancy import TenantModel, require_hospital_id

LOG_SHOWN = 200
NOT_OURS = {"login", "password_change", "password_change_done", "view_on_site", "autocomplete"}
"""Views of Django's and Unfold's that know no hospital, or that we have elsewhere: they have no address here."""


LOOKUPS = ("", "__exact", "__id__exact", "__isnull", "__gte", "__gt", "__lte", "__lt", "__year", "__month", "__day")
"""How the filters of a list, and a date hierarchy, ask."""

SEARCH_RESULTS = "unfold/helpers/search_results.html"


class HouseForm(forms.ModelForm[Any]):
    """A form that says what an operation refused, and remembers which version of the row it shows."""

    refusal: ClassVar[DomainError | None] = None
    actor: ClassVar[Actor]
    row_version = forms.IntegerField(required=False, label="", widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["row_version"].initial = getattr(self.instance, "version", None)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal is not None:
            named = {name: told for name, told in self.refusal.details.items() if name in self.fields}
            for name, told in named.items():
                self.add_error(name, [str(one) for one in told] if isinstance(told, list) else str(told))
            if not named:
                self.add_error(None, self.refusal.message)
        return cleaned


class Untransacted(admin.ModelAdmin):  # type: ignore[type-arg]
    """Django's pages that write, without the transaction around them. It stands just before Django's class."""

    @method_decorator(csrf_protect)
    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        answer: HttpResponse = self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]
        return answer

    @method_decorator(csrf_protect)
    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        answer: HttpResponse = self._delete_view(request, object_id, extra_context)  # type: ignore[attr-defined]
        return answer


class HouseAdmin(ModelAdmin, Untransacted):
    """One model's admin. A subclass names its abilities and calls operations in ``add_row``, ``change_row``, …"""

    form = HouseForm
    abilities: ClassVar[Mapping[str, str]] = {}
    """view, add, change, delete → the ability it needs; what is not named nobody may do."""
    hospital_path: ClassVar[str] = ""
    """For tables outside the hospitals: the lookup that leads to the hospital's id."""
    list_editable = ()
    show_full_result_count = False
    view_on_site = False

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        if not issubclass(model, TenantModel) and not self.hospital_path:
            raise ImproperlyConfigured(f"{type(self).__name__} must name hospital_path")
        if self.list_editable or self.inlines or self.autocomplete_fields or self.raw_id_fields:
            raise ImproperlyConfigured(f"{type(self).__name__} uses what goes around operations or the hospital")
        super().__init__(model, admin_site)

    # -- what a subclass says: each calls one operation --

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> Model:
        raise NotImplementedError

    def change_row(self, request: HttpRequest, row: Any, *, actor: Actor, **values: Any) -> None:
        raise NotImplementedError

    def drop_row(self, request: HttpRequest, row: Any, *, actor: Actor) -> None:
        raise NotImplementedError

    def for_each(self, request: HttpRequest, rows: Iterable[Any], act: Callable[..., Any], said: str) -> None:
        """An action: call the operation for each chosen row, one transaction each; say how many, and what refused."""
        done = 0
        for row in list(rows):
            try:
                act(row, actor=actor_of(request))
                done += 1
            except DomainError as error:
                self.message_user(request, f"{row}: {error.message}", messages.ERROR)
        if done:
            self.message_user(request, f"{said} ({done})", messages.SUCCESS)

    # -- whose rows --

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(**{self.hospital_path: require_hospital_id()}) if self.hospital_path else rows

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Only rows of this hospital can be chosen."""
        kwargs.setdefault("queryset", self._choices(db_field.related_model, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _choices(self, model: Any, request: HttpRequest) -> QuerySet[Any]:
        if self.admin_site.is_registered(model):
            rows: QuerySet[Any] = self.admin_site.get_model_admin(model).get_queryset(request)
            return rows
        if issubclass(model, TenantModel):
            return model.objects.all()  # type: ignore[no-any-return]
        raise ImproperlyConfigured(f"whose {model.__name__} may be chosen?")

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Without the pop-ups beside foreign keys: they are other admins' doors."""
        found = super().formfield_for_dbfield(db_field, request, **kwargs)
        if found is not None and isinstance(found.widget, RelatedFieldWidgetWrapper):
            found.widget = found.widget.widget
        return found

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the filters of the page offer: any other lookup could guess at a hidden column letter by letter.

        A relation is a way on: ``department__hospital__memberships__user__password__startswith`` is a question too.
        """
        offered: list[Any] = [one[0] if isinstance(one, tuple | list) else one for one in self.list_filter]
        names = [one if isinstance(one, str) else one.parameter_name for one in offered]
        return any(lookup == f"{name}{end}" for name in [*names, self.date_hierarchy] if name for end in LOOKUPS)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row of this hospital; a missing or a foreign one is not there."""
        found = super().get_object(request, object_id)
        if found is None:
            raise Http404
        return found

    # -- who may --

    def _may(self, request: HttpRequest, what: str) -> bool:
        return what in self.abilities and actor_of(request).can(self.abilities[what])

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view") or self._may(request, "change")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return any(self._may(request, what) for what in ("view", "add", "change"))

    # -- saving: the operation is the outermost, and what it refuses stands in the form --

    def get_urls(self) -> list[URLPattern]:
        return [one for one in super().get_urls() if one.name]  # without the redirect of the old address of a row

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.refusal, form.actor = getattr(request, "refusal", None), actor_of(request)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The fields of the page, and in a form of an existing row its version, unseen."""
        found: list[Any] = list(super().get_fieldsets(request, obj))
        sets = [(name, {**parts, "fields": [*parts["fields"]]}) for name, parts in found]
        shown = [field for _name, parts in sets for field in parts["fields"]]
        if obj is not None and isinstance(obj, Versioned) and "row_version" not in shown:
            sets[0][1]["fields"].append("row_version")
        if obj is None or not self.has_change_permission(request, obj):
            for _name, parts in sets:
                parts["fields"] = [field for field in parts["fields"] if field != "row_version"]
        return sets

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page, twice if an operation refuses: the second time the form says why, with what was typed."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (NotFound, Forbidden):
            raise
        except DomainError as error:
            request.refusal = error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Call the operation with what was really changed, on the row as the database has it."""
        values = {name: value for name, value in form.cleaned_data.items() if name != "row_version"}
        if not change:
            vars(obj).update(vars(self.add_row(request, actor=actor_of(request), **values)))
            return
        row = self.get_object(request, str(obj.pk))  # the form has written what was typed into ``obj`` already
        shown = form.cleaned_data.get("row_version")
        if shown is not None and shown != row.version:
            raise Conflict("row.changed", ref=row.ref)
        changed = {name: value for name, value in values.items() if name in form.changed_data}
        if changed:
            self.change_row(request, row, actor=actor_of(request), **changed)

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        """Nothing: relations are changed by operations of their own."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        raise NotImplementedError

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.drop_row(request, obj, actor=actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[Any]) -> None:
        for row in list(queryset):
            self.drop_row(request, row, actor=actor_of(request))

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """What is asked about before a deletion: the rows themselves. What hangs on them, the operation refuses."""
        rows = [str(one) for one in objs]
        return rows, {str(self.opts.verbose_name_plural): len(rows)}, set(), []

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return super().response_action(request, queryset, *args, **kwargs)
        except (ValidationError, ValueError) as error:  # an id that is none
            raise Http404 from error

    # -- the log: ours, not Django's, which would show one hospital's names in another's "recent actions" --

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Nothing: the operation's event is the log."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Nothing: the operation's event is the log."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]
        """Nothing: the operation's event is the log."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What happened to this row, from the log."""
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row) or not actor_of(request).can("log.view"):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request), "title": _("History: %s") % row, "object": row, "opts": self.opts,
            "events": events_of(row.ref) if isinstance(row, Versioned) else [],
        }  # fmt: skip
        return TemplateResponse(request, "admin/house_history.html", context)


def events_of(ref: str) -> list[Any]:
    """The last events that touched this row, the newest first. The log stands on a higher floor: found by name."""
    seqs = apps.get_model("live", "EventRef")._default_manager.filter(ref=ref).order_by("-seq").values("seq")
    events = apps.get_model("live", "Event")._default_manager.filter(seq__in=seqs[:LOG_SHOWN])
    return list(events.order_by("-seq"))


def actor_of(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


class HouseSite(UnfoldAdminSite):
    """The hospital's admin at ``/h/<slug>/admin/``. Only models with a HouseAdmin come in."""

    site_title = site_header = index_title = gettext_lazy("Admin")
    enable_nav_sidebar = True
    sign_out: Callable[[HttpRequest], HttpResponse] | None = None
    """How one signs out; set by the room that knows."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        if admin_class is None or not issubclass(admin_class, HouseAdmin):
            raise ImproperlyConfigured("every admin is a HouseAdmin")
        super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return getattr(request, "hospital", None) is not None and actor_of(request).can("admin.open")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [one for one in super().get_urls() if getattr(one, "name", None) not in NOT_OURS]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        here = str(request.hospital)  # type: ignore[attr-defined]
        own = {
            "site_title": here, "site_header": here, "site_url": reverse("tenants:start"),
            "account_links": [{"title": _("Me"), "link": reverse("tenants:me")}],
        }  # fmt: skip
        return {**super().each_context(request), **own}

    @needs("admin.open")
    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The command palette finds pages, not rows: Unfold keeps what it found under the user, for any hospital."""
        wanted = request.GET.get("s", "").strip().lower()
        found = self._search_apps(self.get_app_list(request), wanted) if wanted else []
        page = Paginator(found, 100)
        template = "unfold/helpers/command_results.html" if "extended" in request.GET else SEARCH_RESULTS
        context = {"page_obj": page, "results": page.page(1), "page_counter": 0, "execution_time": 0}
        return TemplateResponse(request, template, context, headers={"HX-Trigger": "search"})

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if self.sign_out is None or request.method != "POST":
            return redirect("admin:index")
        return self.sign_out(request)


site = HouseSite(name="admin")

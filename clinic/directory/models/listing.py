"""What anybody may find of a doctor (R1.8)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class Listing(models.Model):
    """What anybody may find of a doctor, across hospitals (R1.8): written by a reaction and by nothing else.

    The one table without hospital that holds a hospital's data. A row is there only while hospital and doctor are
    listed and the hospital is active.
    """

    doctor_id = models.UUIDField(primary_key=True)
    hospital = models.ForeignKey("tenants.Hospital", on_delete=models.CASCADE, related_name="+")
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    specialization = models.CharField(max_length=80, blank=True)
    services = models.JSONField(default=list)
    languages = models.JSONField(default=list)
    clinic = models.CharField(max_length=120)
    address = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=80, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    fee = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    next_free_at = models.DateTimeField(null=True)
    """The next place that can be booked online, as ``directory/free.py`` said last."""
    listed_at = models.DateTimeField(null=True)
    """Since when anybody finds this doctor: who looks in the city is told (``doctor:new``)."""
    words = models.CharField(max_length=4000, blank=True, default="")
    """Name, specialization, services and clinic as they are searched: without accents, in small letters."""
    speaks = models.CharField(max_length=4000, blank=True, default="")
    """The languages likewise, each between bars: ``|french|wolof|``."""

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["latitude", "longitude"], name="listing_place"),
            models.Index(fields=["city", "specialization"], name="listing_city"),
            models.Index(fields=["listed_at"], name="listing_since"),
        ]

    def __str__(self) -> str:
        return self.name

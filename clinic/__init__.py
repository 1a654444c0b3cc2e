"""Clinicflow: reception, queues and live boards for clinics and hospitals."""

from clinic.celery import app as celery_app

__all__ = ["celery_app"]

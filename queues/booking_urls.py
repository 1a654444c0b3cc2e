"""Addresses of the public booking pages, of a booking's link, the kiosk and the calendar feeds.

They come after those of the staff's book, which begins with the same word inside a hospital.
"""

from django.urls import path

from queues.views import booking, bookings, calendar, kiosk, waiting_list

urlpatterns = [
    path("book/<slug:slug>/", booking.online_doctors, name="online"),
    path("book/<slug:slug>/time/", booking.online_time, name="online_time"),
    path("book/<slug:slug>/details/", booking.online_details, name="online_details"),
    path("book/<slug:slug>/wait/", waiting_list.online_wait, name="online_wait"),
    path("book/<slug:slug>/mine/", bookings.online_mine, name="online_mine"),
    path("b/<str:token>/", bookings.booking, name="booking"),
    path("b/<str:token>/place/", bookings.booking_place, name="booking_place"),
    path("b/<str:token>/cancel/", bookings.booking_cancel, name="booking_cancel"),
    path("b/<str:token>/late/", bookings.booking_late, name="booking_late"),
    path("b/<str:token>/check-in/", bookings.booking_check_in, name="booking_check_in"),
    path("b/<str:token>/move/", bookings.booking_move, name="booking_move"),
    path("b/<str:token>/take/", waiting_list.booking_take, name="booking_take"),
    path("b/<str:token>/decline/", waiting_list.booking_decline, name="booking_decline"),
    path("b/<str:token>/join/", bookings.booking_join, name="booking_join"),
    path("b/<str:token>/leave-video/", bookings.booking_leave_video, name="booking_leave_video"),
    path("b/<str:token>/appointment.ics", bookings.booking_ics, name="booking_ics"),
    path("k/<str:token>/", kiosk.kiosk, name="kiosk"),
    path("cal/<str:token>.ics", calendar.calendar_feed, name="calendar_feed"),
    path("kiosk/", kiosk.kiosk_link, name="kiosk_link"),
    path("kiosk/make/", kiosk.kiosk_make, name="kiosk_make"),
    path("kiosk/end/", kiosk.kiosk_end, name="kiosk_end"),
    path("me/calendar/", calendar.calendar, name="calendar"),
    path("me/calendar/make/", calendar.calendar_make, name="calendar_make"),
    path("me/calendar/end/", calendar.calendar_end, name="calendar_end"),
]

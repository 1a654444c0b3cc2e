"""Who plays in the demo: invented hospitals, people and reasons to come. Phone numbers are of the fictional range."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Staff:
    """A member; a doctor has a department (by its prefix) and a room, a clerk or nurse may have a counter as well."""

    name: str
    role: str
    login: str
    department: str = ""
    room: str = ""
    specialization: str = ""
    serves_pool: bool = True
    counter: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may come, and to which department."""

    given: str
    family: str
    born: int
    sex: str
    goes_to: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Cast:
    """One hospital of the demo. Between ``fewest`` and ``most`` people wait, at any hour."""

    slug: str
    name: str
    address: str
    phone: str
    departments: dict[str, str]
    rooms: dict[str, tuple[str, ...]]
    staff: tuple[Staff, ...]
    people: tuple[Person, ...]
    fewest: int
    most: int
    late: str = ""
    """The doctor who runs late from the beginning."""
    away: str = ""
    """The doctor who is on a break at first."""
    emergency: bool = False
    """Whether there is an emergency department (emergency.toml)."""

    @property
    def domain(self) -> str:
        return f"{self.slug}.example"

    def email(self, one: Staff) -> str:
        return f"{one.login}@{self.domain}"

    def who(self, role: str) -> Staff:
        return next(one for one in self.staff if one.role == role)


REASONS = {
    "A": ("Cough and fever", "Blood pressure check", "Prescription", "Back pain", "Headaches", "Follow-up",
          "Sick note", "Sore throat", "Test results", "Travel vaccination"),
    "P": ("Ear pain", "Vaccination", "Rash", "Check-up at two", "Cough at night", "School form", "Fever"),
    "C": ("ECG review", "Palpitations", "Blood pressure", "After the stent", "Short of breath on stairs"),
    "B": ("Knee, follow-up", "Shoulder pain", "Plaster check", "Sprained ankle", "Hip, before surgery"),
}  # fmt: skip
EMERGENCIES = {
    "A": ("Fever after chemotherapy", "Dizzy and pale at the desk", "Severe headache since morning"),
    "P": ("Infant with high fever", "Wheezing"),
    "C": ("Chest pressure since last night",),
    "B": ("Fall, arm swollen",),
}
VIP_REASONS = (
    "Flight at noon, agreed with Dr. Lindqvist",
    "Colleague between two shifts",
    "Interpreter leaves at eleven",
)
GIVEN = (
    *((name, "female") for name in (
        "Alma", "Beatrix", "Carmen", "Dilnoza", "Esther", "Freya", "Gül", "Halima", "Ines", "Jana", "Katalin", "Lotte",
        "Mónica", "Noor", "Oksana", "Paola", "Quỳnh", "Renata", "Sigrid", "Tamar", "Uma", "Vera", "Wanjiru", "Yara",
    )),
    *((name, "male") for name in (
        "Adrian", "Bilal", "Cyrus", "Davit", "Emeka", "Felix", "Goran", "Henrik", "Ilya", "Jorge", "Karim", "Levi",
        "Marek", "Nabil", "Otto", "Pedro", "Rafael", "Stefan", "Tariq", "Umar", "Viktor", "Wen", "Xavier", "Zoltán",
    )),
)  # fmt: skip
FAMILIES = (
    "Abara", "Bergström", "Castellanos", "Dimitrov", "Eriksen", "Farouk", "Grünwald", "Horvat", "Ibarra", "Jankowski",
    "Kimura", "Lambert", "Marchetti", "Nasser", "Obi", "Pereira", "Quispe", "Rossi", "Saarinen", "Tembo", "Ueda",
    "Vargas", "Wójcik", "Xu", "Yılmaz", "Zhou", "Baptiste", "Chowdhury", "Das", "Espinoza", "Flores", "Gunnarsson",
    "Hakimi", "Iqbal", "Joshi", "Kruger", "Lindholm", "Mbatha", "Novotný", "Okonkwo", "Phiri", "Reyes", "Santos",
)  # fmt: skip
"""Names of people who come for the first time."""
TOO_LONG = ("Could not wait longer", "Will come back tomorrow", "Has to fetch a child")


def _people(goes_to: str, *rows: str) -> tuple[Person, ...]:
    """Each row: given name / family name / year of birth / f or m / language."""
    found = []
    for row in rows:
        given, family, born, sex, language = row.split("/")
        found.append(Person(given, family, int(born), {"f": "female", "m": "male"}[sex], goes_to, language))
    return tuple(found)


HARBOR = Cast(
    slug="harbor",
    name="Harbor Clinic",
    address="14 Quayside, Harbor",
    phone="+1 202 555 0100",
    departments={"A": "General practice", "P": "Paediatrics", "C": "Cardiology", "B": "Orthopaedics"},
    rooms={
        "A": ("Room 4", "Room 5", "Room 6", "Laboratory 1", "Desk 2"), "P": ("Room 7", "Room 8"),
        "C": ("Room 11",), "B": ("Room 2",),
    },
    staff=(
        Staff("Helen Nakagawa", "owner", "helen.nakagawa"),
        Staff("Joanna Prill", "manager", "joanna.prill"),
        Staff("Dana Whitfield", "receptionist", "dana.whitfield"),
        Staff("Marcus Oyelaran", "receptionist", "marcus.oyelaran"),
        Staff("Dr. Leïla Benali", "doctor", "leila.benali", "A", "Room 4", "General practice"),
        Staff("Dr. Kwame Mensah", "doctor", "kwame.mensah", "P", "Room 7", "Paediatrics"),
        Staff("Dr. Sofia Lindqvist", "doctor", "sofia.lindqvist", "C", "Room 11", "Cardiology"),
        Staff("Dr. Rahul Iyer", "doctor", "rahul.iyer", "B", "Room 2", "Orthopaedics"),
        Staff("Dr. Hana Sato", "doctor", "hana.sato", "A", "Room 5", "General practice"),
        Staff("Dr. Tomás Herrera", "doctor", "tomas.herrera", "P", "Room 8", "Paediatrics"),
        Staff("Dr. Nadia Rahman", "doctor", "nadia.rahman", "A", "Room 6", "General practice", serves_pool=False),
        Staff("Adaeze Mbeki", "charge_nurse", "adaeze.mbeki"),
        Staff("Rosa Okoye", "nurse", "rosa.okoye", "A", "Laboratory 1", counter="Laboratory"),
        Staff("Greta Solheim", "receptionist", "greta.solheim", "A", "Desk 2", counter="Cashier"),
        Staff("Ola Pietersen", "biller", "ola.pietersen"),
    ),
    people=(
        *_people(
            "A", "Amina/Yusuf/1994/f/en", "Tomasz/Kowalczyk/1961/m/en", "Thị Hoa/Nguyễn/1978/f/en",
            "Mateo/Fernández/1989/m/es", "Ingrid/Solberg/1955/f/en", "Hassan/Demir/1972/m/en",
            "Grace/Okafor/1983/f/en", "Bao/Pham/1990/m/en", "Lucía/Ortega/1998/f/es", "Anh/Trần/1986/f/en",
            "Priya/Raman/1991/f/hi", "Fatima/al-Rashid/1968/f/ar", "João/Carvalho/1959/m/es",
            "Olena/Shevchenko/1980/f/en", "Mei-Ling/Chen/1975/f/en", "Youssef/Mansour/1949/m/ar",
            "Brigid/O’Shea/1944/f/en", "Arjun/Nair/1996/m/hi", "Chinedu/Eze/1988/m/en", "Elena/Popescu/1971/f/en",
            "Kofi/Boateng/1965/m/en", "Sunita/Sharma/1957/f/hi", "Pablo/Reyes/2001/m/es", "Astrid/Holm/1993/f/en",
            "Mustafa/Kaya/1984/m/en", "Nkechi/Adeyemi/1977/f/en", "Walter/Brandt/1939/m/en", "Salma/Haddad/1999/f/ar",
        ),
        *_people(
            "P", "Yuki/Tanaka/2020/f/en", "Zofia/Wiśniewska/2023/f/en", "Aarav/Gupta/2017/m/hi",
            "Leilani/Kealoha/2025/f/en", "Thabo/Mokoena/2019/m/en", "Chiara/Romano/2014/f/en",
            "Noah/Fischer/2021/m/en", "Mariam/Keita/2024/f/en", "Ravi/Pillai/2016/m/hi", "Emma/Larsen/2022/f/en",
            "Diego/Castillo/2018/m/es", "Layla/Aziz/2015/f/ar", "Oskar/Lindgren/2024/m/en", "Ama/Owusu/2020/f/en",
            "Lucas/Moreau/2013/m/en", "Isla/Campbell/2023/f/en",
        ),
        *_people(
            "C", "Samuel/Ndlovu/1952/m/en", "Rosa/Delgado/1963/f/es", "Daniel/Cohen/1958/m/en",
            "Keira/MacLeod/1970/f/en", "Marta/Silva/1948/f/es", "Ivan/Petrov/1956/m/en", "Hiroshi/Mori/1947/m/en",
            "Ebele/Nwosu/1966/f/en", "George/Papadakis/1951/m/en", "Ruth/Goldberg/1943/f/en",
        ),
        *_people(
            "B", "Peter/van Dijk/1979/m/en", "Ewa/Nowak/1987/f/en", "Omar/Haddad/1995/m/ar",
            "Ibrahim/Diallo/1982/m/en", "Sione/Tuilagi/1997/m/en", "Hannah/Weiss/1954/f/en",
            "Camila/Rojas/2003/f/es", "Jakub/Novák/1969/m/en", "Nia/Thompson/2006/f/en", "Bjørn/Dahl/1960/m/en",
        ),
    ),
    fewest=12,
    most=25,
    late="Dr. Kwame Mensah",
    away="Dr. Rahul Iyer",
    emergency=True,
)  # fmt: skip

HILLTOP = Cast(
    slug="hilltop",
    name="Hilltop Hospital",
    address="2 Ridge Road, Hilltop",
    phone="+1 202 555 0180",
    departments={"A": "General practice"},
    rooms={"A": ("Room 1", "Room 3")},
    staff=(
        Staff("Edwin Achterberg", "owner", "edwin.achterberg"),
        Staff("Lola Fairbanks", "receptionist", "lola.fairbanks"),
        Staff("Dr. Miriam Osei", "doctor", "miriam.osei", "A", "Room 1", "General practice"),
        Staff("Dr. Viktor Ilić", "doctor", "viktor.ilic", "A", "Room 3", "General practice"),
    ),
    people=_people(
        "A", "Agnes/Byrne/1962/f/en", "Dimitri/Volkov/1981/m/en", "Farah/Siddiqui/1992/f/en", "Luis/Mendoza/1974/m/es",
        "Greta/Jansen/1988/f/en", "Abdul/Karim/1969/m/ar", "Rosalind/Chu/1995/f/en", "Patrick/Mwangi/1950/m/en",
        "Beatriz/Lopes/1977/f/es", "Sven/Ek/1985/m/en", "Amara/Diop/2000/f/en", "Colin/Reid/1946/m/en",
    ),
    fewest=3,
    most=8,
)  # fmt: skip

CASTS = (HARBOR, HILLTOP)

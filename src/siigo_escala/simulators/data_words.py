"""Words that invented names, streets and remarks are made of; Colombian-sounding, nobody's own."""

FIRST_NAMES = (
    *("Marcela", "Julián", "Diana", "Andrés", "Paola", "Camilo", "Yolanda", "Hernán", "Luz Marina", "Óscar"),
    *("Natalia", "Jhon Jairo", "Claudia", "Wilson", "María José", "Santiago", "Gloria", "Édgar", "Tatiana"),
    *("Iván", "Adriana", "Fabio", "Ángela", "Ramiro", "Liliana", "Nelson", "Sandra Milena", "Rubén", "Inés"),
    *(
        "Esteban",
        "Rocío",
        "Álvaro",
        "Viviana",
        "Germán",
        "Leidy",
        "Mauricio",
        "Beatriz",
        "Sebastián",
        "Amparo",
    ),
)
LAST_NAMES = (
    *("Restrepo", "Ibarra", "Pardo", "Osorio", "Quintero", "Mejía", "Bohórquez", "Cárdenas", "Ñustes"),
    *("Arboleda", "Giraldo", "Pinzón", "Salazar", "Tovar", "Zuluaga", "Bedoya", "Camargo", "Duque"),
    *("Echeverri", "Forero", "Guarín", "Hoyos", "Jaramillo", "Londoño", "Mosquera", "Niño", "Ospina"),
    *("Peñaloza", "Rincón", "Suárez", "Trujillo", "Urrego", "Valderrama", "Yepes", "Barragán", "Castaño"),
)
TRADES = (
    *("Cafetería", "Panadería", "Restaurante", "Tostadora", "Supermercado", "Hotel", "Pastelería"),
    *("Distribuidora", "Casino Empresarial", "Comercializadora", "Heladería", "Autoservicio", "Hostal"),
    *("Cooperativa", "Fundación", "Eventos y Banquetes", "Importadora", "Inversiones", "Granos y Abarrotes"),
)
PLACES = (
    *("La Ceiba", "El Roble", "Los Arrayanes", "El Guadual", "San Cipriano", "La Macarena Azul", "El Samán"),
    *("Piedra Blanca", "Los Frailejones", "La Guacamaya", "El Zaguán", "Tierra Roja", "Río Manso"),
    *("El Yarumo", "La Esquina del Tinto", "Loma Verde", "Los Balcones", "Agua Clara", "El Trapiche Viejo"),
    *("La Casona", "Monte Alegre", "El Portal del Café", "Las Acacias", "Cumbre Alta", "La Molienda"),
)
FORMS = ("S.A.S.", "S.A.S.", "S.A.S.", "S.A.S.", "Ltda.", "S.A.", "E.U.", "& Cía. Ltda.")
CITIES = (
    ("11", "Bogotá", "11001", "Bogotá", "601"),
    ("11", "Bogotá", "11001", "Bogotá", "601"),
    ("05", "Antioquia", "05001", "Medellín", "604"),
    ("76", "Valle del Cauca", "76001", "Cali", "602"),
    ("08", "Atlántico", "08001", "Barranquilla", "605"),
    ("68", "Santander", "68001", "Bucaramanga", "607"),
    ("66", "Risaralda", "66001", "Pereira", "606"),
    ("17", "Caldas", "17001", "Manizales", "606"),
    ("73", "Tolima", "73001", "Ibagué", "608"),
    ("15", "Boyacá", "15001", "Tunja", "608"),
)
STREETS = ("Cra.", "Calle", "Av. Calle", "Transversal", "Diagonal", "Cl")
FOREIGN_NAMES = (
    ("Ingrid", "Sørensen"),
    ("Paulo", "Figueiredo Antunes"),
    ("Emily", "Harrowgate"),
    ("Luca", "Bertolani"),
    ("Yaneth", "Colmenares Rondón"),
    ("Jean-Luc", "Vaudreuil"),
    ("Zoltán", "Kerekes"),
)
FOREIGN_COMPANIES = (
    ("Harrowgate Coffee Traders LLC", "Us", "Estados Unidos"),
    ("Rösterei Nordwind GmbH", "De", "Alemania"),
    ("Comercial Andina del Pacífico S.A.", "Ec", "Ecuador"),
    ("Torrefazione Bertolani S.r.l.", "It", "Italia"),
)
REMARKS = (
    "Entrega en bodega Fontibón",
    "Favor facturar antes del 25",
    "Cliente recoge en tienda",
    "Garantía de 12 meses por defectos de fábrica",
    "Pedido telefónico; confirma doña Amparo",
    "Descargue por la puerta de atrás.\nHorario: 7 a 11 a. m.",
    "Se despacha en dos envíos: lo pendiente sale el viernes",
    'Incluye instalación y prueba de la máquina de 1/2"',
)
REJECTIONS = (
    "FAJ44: la identificación del adquirente no coincide con el RUT",
    "FAK24: el dígito de verificación del NIT del adquirente no es correcto",
    "FAD05: la factura está fuera del rango de numeración autorizado",
)

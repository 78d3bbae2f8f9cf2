# Texte der Oberfläche auf Deutsch. Dieselben Schlüssel stehen in en.ftl; eine Prüfung vergleicht sie.

# Rahmen der Seiten
skip-to-content = Zum Inhalt springen
navigation = Hauptnavigation
home = Start
persons = Betroffene Personen
search = Suche
search-everywhere = Überall suchen
search-and-filter = Suchen und filtern
signed-in-as = Angemeldet
sign-out = Abmelden
test-tenant = Testmandant
footer-promise = Obhut verwahrt, belegt und löscht.
pages = Seiten
to-start = Zur Startseite
back = Zurück
cancel = Abbrechen
yes = Ja
no = Nein
all = Alle
from = von
until = bis

# Anmeldung
sign-in = Anmelden
sign-in-lead = Daten in guten Händen.
business = Unternehmen
user = Benutzername
password = Passwort
sign-in-failed = Die Anmeldung hat nicht geklappt. Bitte prüfen Sie Unternehmen, Benutzernamen und Passwort.
sign-in-wait = Zurzeit melden sich zu viele gleichzeitig an. Bitte versuchen Sie es gleich noch einmal.

# Start und Listen
modules = Module
module = Modul
show-counts = Anzahl zeigen
show-count = Treffer zählen
show-all = Alle zeigen
recent-changes = Zuletzt geändert
open-record = Datensatz öffnen
open-erasures = Offene Löschungen
nothing-yet = Hier gibt es noch keine Datensätze.
nothing-found = Dazu wurde nichts gefunden.
found-for = Treffer für „{ $q }“
title = Bezeichnung
state = Status
changed = Geändert
created = Angelegt
version = Version
number = Nummer
apply = Anwenden
reset = Zurücksetzen
more-filters = Weitere Filter
first-page = Zum Anfang
next-page = Weiter
restricted = Eingeschränkt
new-record-of = { $label } anlegen
data-dictionary = Was hier gespeichert wird
find = Suchen
find-for = Datensatz suchen für { $label }

# Datensatz
facts = Angaben
edit = Bearbeiten
history = Änderungsprotokoll
person-page = Seite der Person
privacy = Datenschutz
not-personal = Dieser Datensatz betrifft keine Person.
final = Abgeschlossen
next-state = Nächster Schritt
reversal = Stornobeleg
reversed = Storniert
correct-reverse = Stornieren
correct-reverse-start = Stornieren …
correct-reverse-lead = Der abgeschlossene Beleg bleibt, wie er ist. Ein Stornobeleg mit eigener Nummer hebt ihn auf: dieselben Angaben, die Beträge mit umgekehrtem Vorzeichen. Die neue Fassung ist ein Entwurf mit den bisherigen Angaben, in dem Sie berichtigen, was falsch war.
correct-own = { $field } des Stornobelegs
correct-both = Stornieren und neue Fassung anlegen
correct-only-reverse = Nur stornieren
correct-new-version = Neue Fassung
correct-new-version-lead = Der abgeschlossene Datensatz bleibt, wie er ist. Die neue Fassung beginnt mit seinen Angaben und nennt ihn; in ihr berichtigen Sie, was falsch war.
correct-make-version = Neue Fassung anlegen
correct-nothing = Zu diesem Datensatz lässt sich weder ein Storno noch eine neue Fassung anlegen: Er ist nicht abgeschlossen, selbst ein Stornobeleg oder bereits ersetzt.
not-visible = Nicht sichtbar
kept-until = aufzubewahren bis { $date }
period-relationship = Bis zum Ende der Geschäftsbeziehung
period-relationship-years = { $n ->
    [one] Ein Jahr nach dem Ende der Geschäftsbeziehung
   *[other] { $n } Jahre nach dem Ende der Geschäftsbeziehung
}
period-creation = { $n ->
    [one] Ein Jahr ab dem Anlegen
   *[other] { $n } Jahre ab dem Anlegen
}
period-process = { $n ->
    [one] Ein Jahr ab dem Ende des Vorgangs
   *[other] { $n } Jahre ab dem Ende des Vorgangs
}

period-year-end = { $period }, zum Jahresende

# Formulare
save = Speichern
save-mine = Meine Fassung speichern
required = Pflichtfeld
label = Art
amount = Betrag
currency = Währung
value-number = { $label }, Eintrag { $n }
add-row = { $label } hinzufügen
remove-row = { $label }, Eintrag { $n } entfernen
hint-label-work = geschäftlich
hint-label-home = privat
hint-label-mobile = mobil
address-extra = Zusatz
address-street = Straße und Hausnummer
address-postal-code = PLZ
address-city = Ort
address-region = Region
address-country = Land
address-text = Anschrift als Text
form-errors = { $n ->
    [one] Eine Angabe muss noch berichtigt werden
   *[other] { $n } Angaben müssen noch berichtigt werden
}
conflict-head = Der Datensatz wurde inzwischen geändert
conflict-lead = Ihre Eingaben sind nicht verloren: Sie stehen unten im Formular. Hier sehen Sie, wo sie sich vom jetzt gespeicherten Stand unterscheiden. Speichern überschreibt diesen Stand.
yours = Ihre Eingabe
stored = Jetzt gespeichert
done-created = Der Datensatz ist angelegt.
done-saved = Die Änderung ist gespeichert.
done-deleted = Der Datensatz ist gelöscht.

# Löschen eines Datensatzes
delete = Löschen
delete-lead = „{ $title }“ wird endgültig gelöscht.
delete-keys = Die Schlüssel des Datensatzes werden vernichtet; was verschlüsselt in älteren Kopien der Datenbank liegt, lässt sich dann nicht mehr öffnen. Nur wer eine Kopie des ganzen Datenordners samt keys.db und den Hauptschlüssel hat, kann sie weiterhin lesen.
delete-plain = Er hat keine eigenen Schlüssel, weil diese Art von Datensatz keine personenbezogenen Angaben enthält; in älteren Kopien der Datenbank bleibt er lesbar.
delete-now = Endgültig löschen
delete-refused = Dieser Datensatz kann jetzt nicht gelöscht werden
to-person-page = Zur Seite der Person

# Änderungsprotokoll
history-lead = Was mit diesem Datensatz geschehen ist, das Neueste zuerst.
entry-number = Eintrag { $seq }
values-erased = Die Werte dieses Eintrags wurden gelöscht; dass es ihn gab, bleibt belegt.
field = Feld
old-value = Vorher
new-value = Nachher
masked = Dieser Wert ist nur mit besonderem Recht zu sehen.
older-entries = Ältere Einträge
action-create = Angelegt
action-change = Geändert
action-transition = Status geändert
action-delete = Gelöscht
action-import = Importiert
action-erase = Gelöscht
action-erase-begin = Löschung begonnen
action-erase-part = Teil gelöscht
action-restrict = Eingeschränkt
action-release = Einschränkung aufgehoben
action-disclose = Auskunft erteilt
action-merge-subject = Zusammengeführt
action-merge = Beim Zusammenführen ergänzt
action-unmerge = Zusammenführung zurückgenommen
action-relink = Nach Zusammenführung neu zugeordnet
action-scope = Sichtbarkeit geändert
action-unmerge-subject = Zusammenführung aufgehoben

# Person
find-person = Name, Anschrift, Nummer
person-lead = Alles, was über diese Person gespeichert ist, wie lange und warum.
how-long = Wie lange und warum
class = Löschklasse
record = Datensatz
until-when = Bis wann
why = Warum
all-records = übergreifend
erasable-now = jederzeit löschbar
export-person = Auskunft als Datei
merged-from = Zusammengeführt aus
and-more = { $n ->
    [one] und ein weiterer
   *[other] und { $n } weitere
}

# Löschung einer Person
erasures = Löschungen
erasure = Löschung
no-erasures = Bisher wurde keine Person gelöscht.
plan-erasure = Löschung planen
plan-lead = Das ist der Plan. Bis Sie ihn unten bestätigen, ändert sich nichts.
plan-goes = Wird jetzt gelöscht
plan-goes-nothing = Zurzeit kann nichts gelöscht werden.
plan-stays = Muss noch bleiben
plan-stays-lead = Was bleiben muss, wird eingeschränkt: Es ist aus Listen, Suche, Protokoll und Export verschwunden und nur noch für die Datenschutzrolle sichtbar.
plan-stays-nothing = Nichts muss aufbewahrt werden.
plan-mentions = Erwähnungen bei anderen
plan-mentions-lead = In diesen Datensätzen anderer kommt etwas vor, das die Person bezeichnet: ihr Name, ihre Anschrift, eine E-Mail-Adresse, eine Nummer oder ein Kennzeichen. Gesucht wird in allem, was die Suche kennt. Darüber entscheidet ein Mensch; die Löschung ändert sie nicht.
plan-mentions-nothing = Keine gefunden.
mentions-incomplete = Die Liste ist vielleicht nicht vollständig: Ein Wert der Person ist zu häufig, um danach zu suchen, oder es wären zu viele Treffer.
erase-confirm-head = Löschung bestätigen
erase-reason = Grund
erase-reason-hint = Wählen Sie einen Grund aus der Liste. Jeder andere Text wird als „Sonstiger Grund“ vermerkt und nicht gespeichert, weil er die Person nennen könnte.
erase-reason-missing = Bitte geben Sie einen Grund an.
erase-warning = Das lässt sich nicht rückgängig machen. Ältere Kopien der Datenbank lassen sich für diese Person nicht mehr öffnen. Haben Sie selbst eine Kopie des ganzen Datenordners samt keys.db gemacht, vernichten Sie auch diese: Mit dem Hauptschlüssel ist sie weiterhin lesbar.
erase-now = Jetzt endgültig löschen
case-planned = Geplant
case-begun = Begonnen
case-done = Vollzogen
case-restricted = Eingeschränkt
case-erasing = Wird gelöscht
certificate = Löschbescheinigung
certificate-number = Nummer { $id }
certificate-subject = Person (Kennzeichen)
certificate-erased = Gelöscht
certificate-kept = Noch aufzubewahren, eingeschränkt
case-foot = Das ist noch keine Bescheinigung: Die Löschung ist nicht vollzogen.
certificate-foot = Diese Bescheinigung nennt nur, was geschehen ist. Sie enthält keine Angaben zur Person außer deren Kennzeichen.
planned-at = Geplant am
planned-by = Geplant von
approved-by = Bestätigt von
keys-destroyed = Schlüssel vernichtet am
ciphertext-deleted = Chiffrat gelöscht am
backups-overwritten = Letzte Sicherung überschrieben spätestens
no-backup-target = Kein Sicherungsziel eingerichtet
destroyed-units = Vernichtete Schlüsseleinheiten
destroyed-records = Gelöschte Datensätze
destroyed-journal = Gelöschte versiegelte Teile im Änderungsprotokoll
mentions-left = Erwähnungen bei anderen
ledger-position = Löschbuch (Zeilen und Kette)
signature = Signatur (Ed25519) und Prüfschlüssel
print = Drucken

# Datenverzeichnis
purpose = Wozu
protection = Schutz
key = Schlüssel
protection-public = öffentlich
protection-internal = intern
protection-personal = personenbezogen
protection-sensitive = besonders geschützt
count-records = { $n ->
    [one] 1 Datensatz
   *[other] { $n } Datensätze
}

# Fehler
reference-number = Kennziffer für Rückfragen: { $reference }
problem-not-found = Nicht gefunden
problem-not-found-detail = Das gibt es nicht oder nicht mehr, oder es ist für Sie nicht sichtbar.
problem-denied = Nicht erlaubt
problem-denied-detail = Dazu fehlt Ihnen das Recht.
problem-unauthorized = Anmeldung erforderlich
problem-unauthorized-detail = Das Zugangstoken fehlt, ist abgelaufen oder widerrufen.
problem-invalid = Die Angaben passen nicht
problem-invalid-detail = Nichts wurde gespeichert.
problem-bad-request = Die Anfrage ist nicht lesbar
problem-conflict = Der Stand erlaubt das nicht
problem-stale = Inzwischen geändert
problem-stale-detail = Die genannte Version ist nicht die jetzige. Nichts wurde gespeichert.
problem-busy = Zurzeit nicht möglich
problem-busy-detail = Bitte versuchen Sie es gleich noch einmal.
problem-elsewhere = Diese Daten liegen gerade bei einem anderen Knoten
problem-elsewhere-detail = Nichts wurde gespeichert. Bitte versuchen Sie es gleich noch einmal.
problem-unknown-outcome = Es ist nicht bekannt, ob das gespeichert wurde
problem-unknown-outcome-detail = Der Server, der daran arbeitete, ist ausgefallen, bevor er antworten konnte. Bitte sehen Sie nach, bevor Sie es noch einmal eingeben.
problem-broken = Ein Fehler ist aufgetreten
problem-broken-detail = Nichts Halbes wurde gespeichert. Die Ursache steht unter der Kennziffer im Protokoll des Servers.
problem-disk-full = Der Speicherplatz ist voll
problem-disk-full-detail = Die Änderung wurde nicht gespeichert. Alles bisher Gespeicherte ist sicher und lesbar.
problem-method-not-allowed = Diese Methode gibt es hier nicht
problem-too-large = Die Anfrage ist zu groß
problem-unsupported-media-type = Dieses Format wird hier nicht angenommen
problem-too-many-requests = Zu viele Anfragen
problem-too-broad = Die Liste ist zu breit
problem-too-broad-plain = Bitte sortieren Sie nach weniger Feldern oder gar nicht.
problem-too-broad-fields = Ein Filter auf eines dieser Felder hilft: { $fields }.
problem-foreign-form = Das Formular ist abgelaufen
problem-foreign-form-detail = Bitte laden Sie die Seite neu und senden Sie das Formular noch einmal.
problem-unknown-parameter = Diesen Parameter gibt es nicht.
problem-repeated-parameter = Dieser Parameter steht zweimal da.
problem-too-many-parameters = Zu viele Parameter.
problem-unknown-operator = Diesen Vergleich gibt es nicht.
problem-bad-encoding = Die Anfrage ist falsch kodiert (erwartet wird UTF-8).
problem-bad-limit = Erlaubt ist eine Zahl von 1 bis 200.
problem-bad-truth = Erlaubt sind true und false.
problem-bad-cursor = Dieser Lesezeiger gehört nicht zu dieser Liste. Beginnen Sie ohne ihn.
problem-bad-json = Das ist kein lesbares JSON.
problem-bad-state = Es fehlt der Status.
problem-bad-version = Es fehlt die Version.
problem-bad-batch = Erwartet wird {"{"}"items": […]{"}"} oder die Liste selbst.
problem-bad-batch-item = Erwartet wird ein Objekt; id und version nur bei Änderungen.
problem-too-many-items = Höchstens 1.000 Einträge auf einmal.
problem-not-an-object = Erwartet wird ein JSON-Objekt.
problem-no-such-column = Dieses Feld gibt es nicht.
problem-required = Diese Angabe fehlt.
problem-bad-idempotency-key = Ein Idempotency-Key hat 1 bis 255 Zeichen.
problem-idempotency-key-reused = Dieser Idempotency-Key gehört zu einer anderen Anfrage
problem-bad-request-detail = Die Anfrage ist falsch aufgebaut.
problem-conflict-detail = Der jetzige Stand erlaubt das nicht. Nichts wurde gespeichert.
problem-method-not-allowed-detail = Die Methoden, die es hier gibt, stehen in der Kopfzeile Allow.
problem-too-large-detail = Der Inhalt ist größer, als er hier angenommen wird.
problem-unsupported-media-type-detail = Der Inhalt wird als application/json gesendet (eine Datei zum Import als multipart/form-data); die Kopfzeile Content-Type sagt es.
problem-too-many-requests-detail = Bitte versuchen Sie es später noch einmal; die Kopfzeile Retry-After sagt, wann.
problem-idempotency-key-reused-detail = Die erste Anfrage mit diesem Schlüssel hatte einen anderen Inhalt. Nichts wurde gespeichert; nehmen Sie einen neuen Schlüssel.
conflict-stale = Der Datensatz wurde inzwischen geändert. Nichts wurde gespeichert.
conflict-final = Der Datensatz ist abgeschlossen und kann nicht mehr geändert werden. Zur Berichtigung legen Sie eine neue Fassung an; eine Rechnung wird dabei storniert.
conflict-not-final = Der Datensatz ist nicht abgeschlossen. Ändern Sie ihn selbst.
conflict-no-correction = Datensätze dieser Art haben keine neuen Fassungen.
conflict-is-reversal = Ein Stornobeleg wird nicht storniert. Erfassen Sie den Vorgang neu.
conflict-reversed = Der Datensatz ist bereits storniert.
conflict-not-reversed = Eine neue Fassung setzt voraus, dass die alte storniert ist oder zugleich storniert wird.
conflict-held = Das Gesetz verlangt, diesen Datensatz noch aufzubewahren.
conflict-is-person = Dieser Datensatz ist eine Person. Planen Sie eine Löschung: Sie erreicht alles, was über die Person gespeichert ist.
conflict-unit-dead = Die Person wird gelöscht oder ist gelöscht; es kann nichts mehr über sie gespeichert werden.
conflict-erased = Diese Person wurde bereits gelöscht.
conflict-kept-restricted = Diese Person ist gelöscht bis auf das, was das Gesetz noch aufzubewahren verlangt. Das bleibt eingeschränkt, bis es ebenfalls gelöscht wird.
conflict-plan-changed = Was über die Person gespeichert ist, hat sich geändert. Bitte sehen Sie sich den neuen Plan an.
conflict-duplicate = Diesen Wert gibt es schon bei einem anderen Datensatz.

# Person: einschränken, zusammenführen
restrict = Verarbeitung einschränken
restrict-lead = Die Daten der Person verschwinden aus Listen, Suche, Export und Schnittstelle und sind nur noch für die Datenschutzrolle sichtbar.
restrict-now = Einschränken
release = Einschränkung aufheben
release-lead = Die Daten sind danach wieder für alle sichtbar, die sie vorher sehen durften. Die betroffene Person ist vorher zu unterrichten.
release-now = Aufheben
merge = Zusammenführen
merge-lead = Wählen Sie den zweiten Datensatz derselben Person. „{ $title }“ bleibt; was nur der andere weiß, kommt hinzu. Das lässt sich rückgängig machen.
merge-nobody = Niemand sonst heißt so. Suchen Sie nach Name, Anschrift oder Nummer.
merge-this = Zusammenführen mit { $title }
unmerge = Wieder trennen

# Benutzer
users = Benutzer
users-lead = Wer sich bei diesem Unternehmen anmelden darf. Wer gesperrt wird, ist sofort abgemeldet.
display-name = Name
e-mail = E-Mail-Adresse
role = Rolle
role-administrator = Administrator
role-editor = Bearbeiter
role-reader = Leser
change = Ändern
user-active = Aktiv
user-locked = Gesperrt
user-waits = Gesperrt bis { $date }
lock = Sperren
unlock = Entsperren
lock-user = { $login } sperren
unlock-user = { $login } entsperren
user-new = Neuer Benutzer
user-create = Benutzer anlegen
user-made = Benutzer { $login } ist angelegt
password-made = Das Passwort wird erzeugt und nach dem Anlegen einmal gezeigt.
password-once = Das Passwort wird nur dieses eine Mal gezeigt. Geben Sie es der Person auf sicherem Weg.

# Zugangstoken
tokens = Zugangstoken
tokens-lead = Womit Programme auf die Daten zugreifen. Ein Token darf nie mehr als die Person, die es anlegt.
no-tokens = Es gibt noch kein Zugangstoken.
token-name = Bezeichnung
rights = Rechte
rights-hint = Module mit r (lesen) oder rw (auch schreiben), zum Beispiel contact:rw,vehicle:r oder *:r; weitere Rechte mit Namen.
made-by = Angelegt von
token-holds = Gültig
token-days = { $n } Tage
token-never = bis zum Widerruf
token-expired = Abgelaufen
token-revoked = Widerrufen am { $date }
revoke = Widerrufen
revoke-token = { $name } widerrufen
token-new = Neues Zugangstoken
token-create = Token anlegen
token-made = Zugangstoken „{ $name }“
token-once = Das Token wird nur dieses eine Mal gezeigt und nirgends aufbewahrt.

# Import
import = Import
import-lead = Eine Tabelle oder Adresskarten einlesen. Zuerst sehen Sie, was daraus würde.
import-choose = Datei wählen
import-file = Datei
import-file-hint = CSV (Komma, Semikolon, Tabulator), Excel (xlsx) oder Adresskarten (vcf).
import-any = aus der Datei erkennen
activity = Verarbeitungstätigkeit
import-origin = Woher die Daten sind
import-origin-hint = Zum Beispiel „Übernahme aus der alten Kartei“. Es steht bei jedem Datensatz einer Person.
import-look = Vorschau zeigen
import-no-file = Bitte wählen Sie eine Datei.
import-no-origin = Bitte geben Sie an, woher die Daten sind.
import-preview = Vorschau: noch ist nichts gespeichert
import-done = Eingelesen
import-rows = Zeilen gelesen
import-would = { $label }: würden angelegt
import-created = { $label }: angelegt
import-duplicates = Schon vorhanden
import-rejected = Abgewiesen
import-why = Warum Zeilen abgewiesen werden
import-rejects = Abgewiesene Zeilen als Datei
import-mapping = Zuordnung der Spalten
import-run = Jetzt einlesen
line = Zeile { $n }

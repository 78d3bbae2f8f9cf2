# Texts of the interface in English. The same keys are in de.ftl; a test compares them.

# Frame of the pages
skip-to-content = Skip to content
navigation = Main navigation
home = Home
persons = Data subjects
search = Search
search-everywhere = Search everywhere
search-and-filter = Search and filter
signed-in-as = Signed in
sign-out = Sign out
test-tenant = Test tenant
footer-promise = Obhut keeps, proves and erases.
pages = Pages
to-start = To the start page
back = Back
cancel = Cancel
yes = Yes
no = No
all = All
from = from
until = until

# Sign-in
sign-in = Sign in
sign-in-lead = Data in good hands.
business = Business
user = User name
password = Password
sign-in-failed = Sign-in failed. Please check business, user name and password.
sign-in-wait = Too many people are signing in at once. Please try again in a moment.

# Start and lists
modules = Modules
module = Module
show-counts = Show counts
show-count = Count matches
show-all = Show all
recent-changes = Recently changed
open-record = Open the record
open-erasures = Open erasures
nothing-yet = There are no records here yet.
nothing-found = Nothing was found.
found-for = Matches for “{ $q }”
title = Title
state = State
changed = Changed
created = Created
version = Version
number = Number
apply = Apply
reset = Reset
more-filters = More filters
first-page = First page
next-page = Next
restricted = Restricted
new-record-of = New { $label }
data-dictionary = What is stored here
find = Find
find-for = Find a record for { $label }

# Record
facts = Facts
edit = Edit
history = History
person-page = Page of the person
privacy = Privacy
not-personal = This record is about no person.
final = Final
next-state = Next step
reversal = Reversal
reversed = Reversed
correct-reverse = Reverse
correct-reverse-start = Reverse …
correct-reverse-lead = The final record stays as it is. A reversal with a number of its own takes it back: the same contents, the amounts with the other sign. The new version is a draft with the same contents, in which you correct what was wrong.
correct-own = { $field } of the reversal
correct-both = Reverse and make a new version
correct-only-reverse = Only reverse
correct-new-version = New version
correct-new-version-lead = The final record stays as it is. The new version begins with its contents and names it; in it you correct what was wrong.
correct-make-version = Make a new version
correct-nothing = Neither a reversal nor a new version can be made of this record: it is not final, is a reversal itself, or has been replaced already.
not-visible = Not visible
kept-until = to be kept until { $date }
period-relationship = Until the end of the relationship
period-relationship-years = { $n ->
    [one] One year after the end of the relationship
   *[other] { $n } years after the end of the relationship
}
period-creation = { $n ->
    [one] One year from creation
   *[other] { $n } years from creation
}
period-process = { $n ->
    [one] One year from the end of the process
   *[other] { $n } years from the end of the process
}

period-year-end = { $period }, at the end of the year

# Forms
save = Save
save-mine = Save my version
required = required
label = Kind
amount = amount
currency = currency
value-number = { $label }, item { $n }
add-row = Add { $label }
remove-row = Remove { $label }, item { $n }
hint-label-work = work
hint-label-home = home
hint-label-mobile = mobile
address-extra = Extra line
address-street = Street
address-postal-code = Postal code
address-city = City
address-region = Region
address-country = Country
address-text = Address as text
form-errors = { $n ->
    [one] One entry needs to be corrected
   *[other] { $n } entries need to be corrected
}
conflict-head = The record has been changed meanwhile
conflict-lead = Your entries are not lost: they are in the form below. Here you see where they differ from what is stored now. Saving replaces what is stored.
yours = Your entry
stored = Stored now
done-created = The record has been created.
done-saved = The change has been saved.
done-deleted = The record has been deleted.

# Deleting a record
delete = Delete
delete-lead = “{ $title }” will be deleted for good.
delete-keys = The keys of the record are destroyed; what lies encrypted in older copies of the database can then not be opened any more. Only whoever has a copy of the whole data folder with keys.db, and the master key, can still read that copy.
delete-plain = It has no keys of its own, because this kind of record holds no personal data; it stays readable in older copies of the database.
delete-now = Delete for good
delete-refused = This record cannot be deleted now
to-person-page = To the page of the person

# History
history-lead = What happened to this record, newest first.
entry-number = Entry { $seq }
values-erased = The values of this entry have been erased; that it existed stays proven.
field = Field
old-value = Before
new-value = After
masked = This value can be seen with a special right only.
older-entries = Older entries
action-create = Created
action-change = Changed
action-transition = State changed
action-delete = Deleted
action-import = Imported
action-erase = Erased
action-erase-begin = Erasure begun
action-erase-part = Part erased
action-restrict = Restricted
action-release = Restriction lifted
action-disclose = Disclosed
action-merge-subject = Merged
action-merge = Added to by a merge
action-unmerge = Merge taken back
action-relink = Reassigned after a merge
action-scope = Visibility changed
action-unmerge-subject = Merge undone

# Person
find-person = Name, address, number
person-lead = Everything that is held about this person, for how long and why.
how-long = How long and why
class = Deletion class
record = Record
until-when = Until when
why = Why
all-records = across records
erasable-now = may be erased at any time
export-person = Copy as a file
merged-from = Merged from
and-more = { $n ->
    [one] and one more
   *[other] and { $n } more
}

# Erasing a person
erasures = Erasures
erasure = Erasure
no-erasures = No person has been erased so far.
plan-erasure = Plan an erasure
plan-lead = This is the plan. Nothing changes until you confirm it below.
plan-goes = Will be erased now
plan-goes-nothing = Nothing can be erased at present.
plan-stays = Must stay for now
plan-stays-lead = What must stay is restricted: gone from lists, search, history and export, visible to the privacy role only.
plan-stays-nothing = Nothing has to be kept.
plan-mentions = Mentions elsewhere
plan-mentions-lead = These records of others contain something that names the person: the name, the address, an e-mail address, a number or a plate. Everything that the search knows is looked through. A human decides about them; the erasure does not change them.
plan-mentions-nothing = None found.
mentions-incomplete = The list may be incomplete: a value of the person is too common to be searched for, or there would be too many hits.
erase-confirm-head = Confirm the erasure
erase-reason = Reason
erase-reason-hint = Choose a reason from the list. Any other text is noted as “Other reason” and not stored, since it might name the person.
erase-reason-missing = Please give a reason.
erase-warning = This cannot be undone. Older copies of the database can no longer be opened for this person. If you made a copy of the whole data folder with keys.db yourself, destroy that as well: with the master key it can still be read.
erase-now = Erase for good now
case-planned = Planned
case-begun = Begun
case-done = Performed
case-restricted = Restricted
case-erasing = Being erased
certificate = Certificate of erasure
certificate-number = Number { $id }
certificate-subject = Person (identifier)
certificate-erased = Erased
certificate-kept = Still to be kept, restricted
case-foot = This is no certificate yet: the erasure has not been performed.
certificate-foot = This certificate states only what has happened. It holds nothing about the person but the identifier.
planned-at = Planned at
planned-by = Planned by
approved-by = Approved by
keys-destroyed = Keys destroyed at
ciphertext-deleted = Ciphertext deleted at
backups-overwritten = Last backup overwritten at the latest
no-backup-target = No backup target is set up
destroyed-units = Key units destroyed
destroyed-records = Records deleted
destroyed-journal = Sealed parts deleted in the journal
mentions-left = Mentions elsewhere
ledger-position = Ledger (lines and chain)
signature = Signature (Ed25519) and verifying key
print = Print

# Data dictionary
purpose = What for
protection = Protection
key = Key
protection-public = public
protection-internal = internal
protection-personal = personal
protection-sensitive = sensitive
count-records = { $n ->
    [one] 1 record
   *[other] { $n } records
}

# Failures
reference-number = Reference for questions: { $reference }
problem-not-found = Not found
problem-not-found-detail = It does not exist, no longer exists, or is not visible to you.
problem-denied = Not allowed
problem-denied-detail = You do not have the right to do this.
problem-unauthorized = Sign-in required
problem-unauthorized-detail = The token is missing, has expired or was revoked.
problem-invalid = The values do not fit
problem-invalid-detail = Nothing was saved.
problem-bad-request = The request cannot be read
problem-conflict = The state does not allow this
problem-stale = Changed meanwhile
problem-stale-detail = The version that was named is not the present one. Nothing was saved.
problem-busy = Not possible right now
problem-busy-detail = Please try again in a moment.
problem-elsewhere = Another node has this data at the moment
problem-elsewhere-detail = Nothing was saved. Please try again in a moment.
problem-unknown-outcome = It is not known whether this was saved
problem-unknown-outcome-detail = The server that worked on it failed before it could answer. Please look before you enter it again.
problem-broken = An error has occurred
problem-broken-detail = Nothing was saved halfway. The server's log has the cause under the reference number.
problem-disk-full = The disk is full
problem-disk-full-detail = The change was not saved. Everything saved before is safe and readable.
problem-method-not-allowed = This method does not exist here
problem-too-large = The request is too large
problem-unsupported-media-type = This format is not taken here
problem-too-many-requests = Too many requests
problem-too-broad = The list is too broad
problem-too-broad-plain = Please sort by fewer fields or not at all.
problem-too-broad-fields = A filter on one of these fields helps: { $fields }.
problem-foreign-form = The form has expired
problem-foreign-form-detail = Please reload the page and send the form again.
problem-unknown-parameter = There is no such parameter.
problem-repeated-parameter = This parameter is there twice.
problem-too-many-parameters = Too many parameters.
problem-unknown-operator = There is no such comparison.
problem-bad-encoding = The request is wrongly encoded (UTF-8 is expected).
problem-bad-limit = A number from 1 to 200 is allowed.
problem-bad-truth = true and false are allowed.
problem-bad-cursor = This cursor does not belong to this list. Start again without it.
problem-bad-json = This is not readable JSON.
problem-bad-state = The state is missing.
problem-bad-version = The version is missing.
problem-bad-batch = Expected is {"{"}"items": […]{"}"} or the list itself.
problem-bad-batch-item = An object is expected; id and version for changes only.
problem-too-many-items = At most 1,000 items at once.
problem-not-an-object = A JSON object is expected.
problem-no-such-column = There is no such field.
problem-required = This is missing.
problem-bad-idempotency-key = An Idempotency-Key has 1 to 255 characters.
problem-idempotency-key-reused = This Idempotency-Key belongs to another request
problem-bad-request-detail = The request is malformed.
problem-conflict-detail = The present state does not allow this. Nothing was saved.
problem-method-not-allowed-detail = The methods that exist here stand in the header Allow.
problem-too-large-detail = The body is larger than this route takes.
problem-unsupported-media-type-detail = The body is sent as application/json (a file of an import as multipart/form-data); the header Content-Type says so.
problem-too-many-requests-detail = Please try again later; the header Retry-After says when.
problem-idempotency-key-reused-detail = The first request with this key had another body. Nothing was saved; take a new key.
conflict-stale = The record has been changed meanwhile. Nothing was saved.
conflict-final = The record is final and cannot be changed. To correct it, make a new version; an invoice is reversed with it.
conflict-not-final = The record is not final. Change the record itself.
conflict-no-correction = Records of this kind have no new versions.
conflict-is-reversal = A reversal is not reversed. Make a new record.
conflict-reversed = The record has been reversed already.
conflict-not-reversed = A new version needs the reversal of the old one, before or with it.
conflict-held = The law demands that this record is kept for now.
conflict-is-person = This record is a person. Plan an erasure: it reaches everything held about the person.
conflict-unit-dead = The person is being erased or has been erased; nothing more can be stored about them.
conflict-erased = This person has been erased already.
conflict-kept-restricted = This person has been erased but for what the law still demands to be kept. That stays restricted until it is erased as well.
conflict-plan-changed = What is held about the person has changed. Please look at the new plan.
conflict-duplicate = Another record has this value already.

# Person: restrict, merge
restrict = Restrict processing
restrict-lead = The person's data vanishes from lists, search, export and API and can be seen by the privacy role only.
restrict-now = Restrict
release = Lift the restriction
release-lead = The data can be seen again by everyone who could see it before. The person is to be told before that.
release-now = Lift
merge = Merge
merge-lead = Choose the second record of the same person. “{ $title }” stays; what only the other knows is added. This can be undone.
merge-nobody = Nobody else has this name. Search by name, address or number.
merge-this = Merge with { $title }
unmerge = Separate again

# Users
users = Users
users-lead = Who may sign in to this business. Whoever is locked is signed out at once.
display-name = Name
e-mail = E-mail address
role = Role
role-administrator = Administrator
role-editor = Editor
role-reader = Reader
change = Change
user-active = Active
user-locked = Locked
user-waits = Locked until { $date }
lock = Lock
unlock = Unlock
lock-user = Lock { $login }
unlock-user = Unlock { $login }
user-new = New user
user-create = Create user
user-made = User { $login } has been created
password-made = The password is made and shown once after creating.
password-once = The password is shown this once only. Give it to the person in a safe way.

# Access tokens
tokens = Access tokens
tokens-lead = What programs use to reach the data. A token may never do more than the person who makes it.
no-tokens = There is no access token yet.
token-name = Name
rights = Rights
rights-hint = Modules with r (read) or rw (write as well), for example contact:rw,vehicle:r or *:r; further rights by name.
made-by = Made by
token-holds = Valid
token-days = { $n } days
token-never = until revoked
token-expired = Expired
token-revoked = Revoked on { $date }
revoke = Revoke
revoke-token = Revoke { $name }
token-new = New access token
token-create = Create token
token-made = Access token “{ $name }”
token-once = The token is shown this once only and kept nowhere.

# Import
import = Import
import-lead = Take in a table or address cards. First you see what would come of it.
import-choose = Choose a file
import-file = File
import-file-hint = CSV (comma, semicolon, tab), Excel (xlsx) or address cards (vcf).
import-any = recognise from the file
activity = Processing activity
import-origin = Where the data is from
import-origin-hint = For example “taken over from the old card index”. It stands with every record of a person.
import-look = Show preview
import-no-file = Please choose a file.
import-no-origin = Please say where the data is from.
import-preview = Preview: nothing has been saved yet
import-done = Imported
import-rows = Rows read
import-would = { $label }: would be created
import-created = { $label }: created
import-duplicates = There already
import-rejected = Rejected
import-why = Why rows are rejected
import-rejects = Rejected rows as a file
import-mapping = Mapping of the columns
import-run = Import now
line = Line { $n }

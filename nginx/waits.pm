package waits;

# Has a request wait while the plan that it needs is being made for somebody else.
#
# nginx's own lock (proxy_cache_lock) sees to it that a plan is made once, also where a note is missed; but it looks
# twice a second, where making a plan takes milliseconds.

use strict;
use warnings;
use open IO => ':unix';    # descriptors, and nothing that Perl would put on top of them

use Digest::MD5 qw(md5);
use Fcntl       qw(O_CREAT O_RDWR SEEK_SET);

our $VERSION = '1';

# Notes of plans that are being made, for all workers: a file of rows, each a mark of the key, the time of the note and
# the process that noted it: who has the plan made, or wished for it. The key's hash says which row; while another key's
# note is there, nothing is noted, and nothing wished for. A note is believed for as long as gunicorn may take.
my $NOTES    = '-underway';
my $ROW      = 'L3';
my $ROW_SIZE = length pack $ROW, (0) x 3;
my $NOTED_S  = 30;

# How long a request waits, time after time, in milliseconds. How often it has is a variable that the configuration
# does not know.
my @WAITS = ( 2, 4, 8, 16, 32, 64, 128, 256 );

# Whether the request is to wait: it is handled anew by and by. Otherwise it is to have the plan made.
sub begin {
    my ( $r, $handler ) = @_;
    my $waits = $r->variable('plan_waits') // 0;
    return 0 if $waits > $#WAITS;
    my $key = $r->variable('plan_key');
    return 0 if is_first( $r, $key );
    my $note = note_of( $r, $key );
    return 0 if !$note || !$note->{is_own};
    $r->variable( 'plan_waits', $waits + 1 );
    $r->sleep( $WAITS[$waits], $handler );
    return 1;
}

# Whether nobody is known to have these plans made: then the request is noted as the one that does.
sub is_first {
    my ( $r, $key ) = @_;
    my $note = note_of( $r, $key ) or return 1;
    return 0 if $note->{is_believed};
    write_row( $note, $note->{mark}, time, $$ );
    return 1;
}

# Whether the request has waited for a plan that is not being made any more. To be asked before the plan is looked
# for: it is kept before its note goes, so where there is none then, there will be none, and gunicorn tells each who
# waited why. nginx's lock would let them ask one after another, twice a second. A note that is there, and too old to
# be believed, is of a plan that takes long.
sub are_over {
    my ($r) = @_;
    return 0 if !$r->variable('plan_waits');
    my $note = note_of( $r, $r->variable('plan_key') );
    return !$note || !$note->{is_own};
}

# Whether a plan is noted by a worker that has died of something: nobody makes it, and nginx's lock would hold up who
# asks for it until it is as old as a note may be.
sub are_vain {
    my ($r) = @_;
    my $note = note_of( $r, $r->variable('plan_key') );
    return $note && $note->{is_own} && $note->{is_believed} && !kill 0, $note->{process} // 0;
}

sub has_waited {
    my ($r) = @_;
    return $r->variable('plan_waits');
}

# The plans were made, or could not be.
sub end {
    my ( $r, $key ) = @_;
    my $note = note_of( $r, $key ) or return;
    write_row( $note, (0) x 3 ) if $note->{is_own};
    return;
}

# What is in the row of a key; its place; and the key's own mark. Nothing where there is no file of notes.
sub note_of {
    my ( $r, $key ) = @_;
    sysopen my $file, $r->variable('document_root') . $NOTES, O_RDWR | O_CREAT or return;
    my ( $row, $own ) = unpack 'S L', md5($key);
    my %note = ( file => $file, at => $row * $ROW_SIZE, mark => $own );
    sysseek $file, $note{at}, SEEK_SET;
    sysread( $file, my $text, $ROW_SIZE );
    my ( $mark, $noted_s, $process ) = unpack $ROW, $text;
    return \%note if !$noted_s;
    my $age_s = time - $noted_s;    # below 0 where the clock was set back
    @note{qw(is_own is_believed process)} = ( $mark == $own, $age_s >= 0 && $age_s <= $NOTED_S, $process );
    return \%note;
}

sub write_row {
    my ( $note, @row ) = @_;
    sysseek $note->{file}, $note->{at}, SEEK_SET;
    syswrite $note->{file}, pack $ROW, @row;
    return;
}

1;

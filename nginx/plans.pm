package plans;

# Finds a request's plan in nginx's cache, or waits for it while it is being made.
#
# app/delivery/splice.py documents what is in a file of that cache: the plans of neighbours share one. They share its
# key, too, which plan_cache.conf makes. Offsets and lengths are bytes.

use strict;
use warnings;

use Digest::MD5 qw(md5 md5_hex);
use Fcntl       qw(O_CREAT O_RDONLY O_RDWR SEEK_SET);

our $VERSION = '1';

# How plans begin in nginx's file, and what the lines of one are.
my $FIRST_LINE = "\r\n\r\nsplice 1\n";
my @LINES      = qw(type tag modified freshness guards files length pieces);

# What is read of such a file at first: all that stands before the plans, and many a plan. Where that does not hold
# the lines of the one that is asked for, these are read, and so much of what is inline.
my $BLOCK = 8192;
my $MORE  = 4096;

# Notes of plans that are being made, for all workers: a file of rows, each a mark of the key and the time of the
# note. The key's hash says which row. A note is believed for so many seconds.
my $NOTES    = '-underway';
my $ROW      = 'L2';
my $ROW_SIZE = length pack $ROW, 0, 0;
my $NOTED_S  = 1;

# How long a request waits for such a plan, time after time, in milliseconds.
my @WAITS = ( 2, 4, 8, 16, 32, 64, 128, 256 );

# The plan in nginx's cache for this request, by the names of its lines; nothing where there is none. What gunicorn is
# to send itself has no lines, nor has what it could not plan with its neighbours. nginx's file has the name of the
# key's hash, and holds binary facts, a line with the key, and gunicorn's answer as it came.
#
# `text` is what was read of that file, from `text_at` on; the plan's inline bytes are at `inline_at` there.
sub kept {
    my ($r)  = @_;
    my $key  = $r->variable('plan_key');
    my $hash = md5_hex($key);
    my $path = join q{/}, $r->variable('document_root'), substr( $hash, -1 ), substr( $hash, -3, 2 ), $hash;
    sysopen my $file, $path, O_RDONLY or return;
    sysread( $file, my $text, $BLOCK ) or return;
    my $head = index $text, "\nKEY: $key\n";
    my $body = index $text, "\r\n\r\n", $head + length $key;
    return if $head < 0 || $body < 0 || substr( $text, $body, length $FIRST_LINE ) ne $FIRST_LINE;
    my ($cors) = substr( $text, $head, $body - $head ) =~ /^Access-Control-Allow-Origin: (.*)\r/m;
    $body += length $FIRST_LINE;
    my $second = 1 + index $text, "\n", $body;
    my $third  = 1 + index $text, "\n", $second;
    return if !$third;
    my %plan = ( until => substr( $text, $body, $second - 1 - $body ), cors => $cors, file => $file );
    my ( $offset, $bytes ) = place_of( $r->uri, substr $text, $second, $third - 1 - $second );
    return \%plan if !$bytes;
    $offset += $third;
    my $text_at = 0;

    if ( $offset + $bytes > length $text ) {
        $text_at = sysseek $file, $offset, SEEK_SET;
        sysread $file, $text, $bytes + $MORE;
    }
    return if $offset + $bytes > $text_at + length $text;
    @plan{@LINES} = split /\n/, substr( $text, $offset - $text_at, $bytes ), -1;
    @plan{qw(text text_at inline_at)} = ( \$text, $text_at, $offset + $bytes );
    return \%plan;
}

# Of the plan for a URL: where it begins after the line that tells, and how long its lines are.
sub place_of {
    my ( $uri, $places ) = @_;
    my $name = substr $uri, 1 + rindex $uri, q{/};
    my $at   = index ", $places", ", $name ";
    return if $at < 0;
    return substr( $places, $at + 1 + length $name ) =~ /\A(\d+) (\d+)/;
}

# Whether the request is to wait, as its plan is being made for somebody: it is handled anew by and by. Otherwise it
# is noted as the one that has it made.
#
# nginx's own lock (proxy_cache_lock) sees to it that a plan is made once, also where a note is missed; but it looks
# twice a second, where making a plan takes milliseconds.
sub wait_for {
    my ( $r, $handler ) = @_;
    my $waits = $r->variable('plan_waits');
    return 0 if $waits > $#WAITS;
    if ( is_noted($r) ) {
        $r->variable( 'plan_waits', $waits + 1 );
        $r->sleep( $WAITS[$waits], $handler );
        return 1;
    }
    my ( $file, $at, $mark ) = note_of($r) or return 0;
    sysseek $file, $at, SEEK_SET;
    syswrite $file, pack $ROW, $mark, time;
    return 0;
}

# Whether the request has waited for a plan that is not being made any more. To be asked before `kept`: a plan is kept
# before its note goes, so where there is none then, there will be none. nginx's lock would let those who waited for
# that ask one after another, twice a second.
sub is_wait_over {
    my ($r) = @_;
    return $r->variable('plan_waits') && !is_noted($r);
}

sub is_noted {
    my ($r) = @_;
    my ( $file, $at, $mark ) = note_of($r) or return 0;
    sysseek $file, $at, SEEK_SET;
    sysread( $file, my $row, $ROW_SIZE );
    my ( $noted, $noted_s ) = unpack $ROW, $row;
    return defined $noted_s && $noted == $mark && time - $noted_s <= $NOTED_S;
}

# The plan was made, or could not be.
sub note_made {
    my ($r) = @_;
    my ( $file, $at ) = note_of($r) or return;
    sysseek $file, $at, SEEK_SET;
    syswrite $file, pack $ROW, 0, 0;
    return;
}

# The file of notes, where the request's plan has its row, and the plan's mark. Nothing where there is no such file.
sub note_of {
    my ($r) = @_;
    sysopen my $file, $r->variable('document_root') . $NOTES, O_RDWR | O_CREAT or return;
    my ( $row, $mark ) = unpack 'S L', md5( $r->variable('plan_key') );
    return ( $file, $row * $ROW_SIZE, $mark );
}

1;

package plans;

# Finds a request's plan: among those that this worker has acted on lately, or in nginx's cache.
#
# app/delivery/splice.py documents what is in a file of that cache: the plans of neighbours share one. They share its
# key, too, which plan_cache.conf makes. Offsets and lengths are bytes.

use strict;
use warnings;
use open IO => ':unix';    # descriptors, and nothing that Perl would put on top of them

use Digest::MD5 qw(md5_hex);
use Fcntl       qw(O_RDONLY SEEK_SET);
use files;
use pieces;

our $VERSION = '1';

# How plans begin in nginx's file, and what the lines of one are.
my $FIRST_LINE = "\r\n\r\nsplice 2\n";
my @LINES      = qw(type tag modified freshness guards files length pieces);

# Who asks for one of the second half of a file's segments will soon want those that come next.
my $IS_PAST_THE_MIDDLE = qr/[5-9][.][[:alnum:]]+\z/;

# What is read of such a file at first: all that stands before the plans, and many a plan.
my $BLOCK = 8192;

# What a worker keeps in mind: plans by the target they were asked for with. Those that were asked for since the last
# time that there were too many, and of those before them the ones that nobody has asked for since. A plan weighs as
# much as its ranges, and as so many more; the weight of either lot is bounded: some 200 plans of a muxed segment, or
# 70 of video alone, in 1 MB. A plan that is due is not kept in mind: while there is no new one, it would only push
# others out, request by request.
my ( $fresh, $older, $weight ) = ( {}, {}, 0 );
my $MOST        = 8192;
my $PLAN_WEIGHT = 32;

# The plan that this worker has for this target, if it is not due yet.
sub remembered {
    my ($target) = @_;
    my $plan = $fresh->{$target};
    if ( !$plan ) {
        $plan = delete $older->{$target} or return;
        remember( $target, $plan );
    }
    return $plan if $plan->{until} > time;
    forget($target);
    return;
}

sub remember {
    my ( $target, $plan ) = @_;
    return if $plan->{until} <= time;
    my $added = $PLAN_WEIGHT;
    $added += @{ $_->[1] } / 2 for @{ $plan->{pieces} };
    if ( $weight + $added > $MOST ) {
        ( $fresh, $older, $weight ) = ( {}, $fresh, 0 );
    }
    $fresh->{$target} = $plan;
    $weight += $added;
    return;
}

sub forget {
    my ($target) = @_;
    delete $fresh->{$target};
    delete $older->{$target};
    return;
}

# The plan in nginx's cache for this request, by the names of its lines; nothing where there is none. What gunicorn is
# to send itself has no lines, nor has what it could not plan with its neighbours. nginx's file has the name of the
# key's hash, and holds binary facts, a line with the key, and gunicorn's answer as it came.
sub kept {
    my ($r) = @_;
    my $key = $r->variable('plan_key');
    sysopen my $file, path_of( $r, $key ), O_RDONLY or return;
    sysread( $file, my $text, $BLOCK ) or return;
    my $head = index $text, "\nKEY: $key\n";
    my $body = index $text, "\r\n\r\n", $head + length $key;
    return if $head < 0 || $body < 0 || substr( $text, $body, length $FIRST_LINE ) ne $FIRST_LINE;
    my ($cors) = substr( $text, $head, $body - $head ) =~ /^Access-Control-Allow-Origin: (.*)\r/m;
    $body += length $FIRST_LINE;
    my $second = 1 + index $text, "\n", $body;
    my $third  = 1 + index $text, "\n", $second;
    my $fourth = 1 + index $text, "\n", $third;
    return if !( $second && $third && $fourth );
    my %plan = ( until => substr( $text, $body, $second - 1 - $body ), cors => $cors // q{} );
    my ( $offset, $bytes ) = place_of( $r->uri, substr $text, $second, $third - 1 - $second );
    $plan{has_place} = defined $offset;
    return \%plan if !$bytes;
    $plan{ahead} = substr $text, $third, $fourth - 1 - $third if $r->uri =~ $IS_PAST_THE_MIDDLE;
    sysseek $file, $offset += $fourth, SEEK_SET;
    my $wanted = $bytes + $pieces::SMALL;
    return if ( sysread( $file, $text, $wanted ) // 0 ) < $bytes;
    @plan{@LINES} = split /\n/, substr( $text, 0, $bytes, q{} ), -1;
    return if !defined $plan{pieces};
    $plan{$_} = [ map { [ files::read_row($_) ] } split /, /, $plan{$_} ] for qw(guards files);
    locate_inline( \%plan, $file, $offset + $bytes, $text );
    return \%plan;
}

# Whether there is a file of plans under a key.
sub are_kept {
    my ( $r, $key ) = @_;
    return -e path_of( $r, $key );
}

# The plans of this request's file are not kept any more; nginx finds out when it looks for them.
sub remove {
    my ($r) = @_;
    unlink path_of( $r, $r->variable('plan_key') );
    return;
}

sub path_of {
    my ( $r, $key ) = @_;
    my $hash = md5_hex($key);
    return join q{/}, $r->variable('document_root'), substr( $hash, -1 ), substr( $hash, -3, 2 ), $hash;
}

# Of the plan for a URL: where it begins after the line that tells, and how long its lines are.
sub place_of {
    my ( $uri, $places ) = @_;
    my $name = substr $uri, 1 + rindex $uri, q{/};
    my $at   = index ", $places", ", $name ";
    return if $at < 0;
    return substr( $places, $at + 1 + length $name ) =~ /\A(\d+) (\d+)/;
}

# Makes the line of pieces what pieces.pm has nginx send. Inline bytes stay with the plan where they are few, as
# `text`, of which `text` has the beginning; else it keeps nginx's file open, as `file`, where they begin at
# `inline_at`.
sub locate_inline {
    my ( $plan, $file, $inline_at, $text ) = @_;
    my @pieces = map { my ( $source, @ranges ) = split / /; [ $source, \@ranges ] } split /, /,
        $plan->{pieces};
    my @inline = grep { $_->[0] == $pieces::OWN } @pieces;
    my $bytes  = 0;
    $bytes += $_->[1][1] for @inline;
    if ( $bytes <= $pieces::SMALL && $bytes <= length $text ) {
        $plan->{text} = substr $text, 0, $bytes;
        $_->[0]       = $pieces::TEXT for @inline;
    }
    else {
        $plan->{file} = $file;
        $_->[1][0] += $inline_at for @inline;
    }
    $plan->{pieces} = \@pieces;
    return;
}

1;

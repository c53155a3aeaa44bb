package conditions;

# What a request asks of an answer: whether it is needed, and which part of it, exactly as nginx reads the same
# headers for its own static files. nginx's own filters for this take tag and date from places that Perl cannot reach,
# and would leave Cache-Control on a 416.
#
# A plan is what splice.pm makes of one: here its tag and date, as they are sent. If-Match and If-Unmodified-Since
# never come here (`is_direct` in plan_cache.conf). Ranges are half-open, in bytes.

use strict;
use warnings;

our $VERSION = '1';

# nginx counts in off_t; a longer number is not a number.
my $MAX_OFFSET = 9_223_372_036_854_775_807;

# The one spelling of dates that is compared here.
my $DATE = qr/[[:alpha:]]{3}, \d\d [[:alpha:]]{3} \d{4} \d\d:\d\d:\d\d GMT/;

# Whether a date is spelled as hardly anyone does (RFC 9110 §5.6.7): gunicorn can read those.
sub are_odd {
    my ($r) = @_;
    for my $name (qw(If-Modified-Since If-Range)) {
        my $value = $r->header_in($name);
        return 1 if $value && $value !~ /\A$DATE\z|["]\z/;
    }
    return 0;
}

# Whether the client has this version: by its tag, its exact date, or both where it names both.
sub is_not_modified {
    my ( $r,    $plan ) = @_;
    my ( $tags, $date ) = map { $r->header_in($_) } qw(If-None-Match If-Modified-Since);
    return 0 if !defined $tags && !defined $date;
    return 0 if defined $date  && $date ne $plan->{modified};
    return 1 if !defined $tags || $tags eq q{*};
    return scalar grep { /\A[ \t]*(?:W\/)?("[^"]*")[ \t]*\z/ && $1 eq $plan->{tag} } split /,/, $tags;
}

# Whether there is a Range to be read, and If-Range, if any, names this version: by its tag or its exact date.
sub is_range_asked {
    my ( $r, $plan ) = @_;
    my $range = $r->header_in('Range') // q{};
    return 0 if $range !~ /\Abytes=./i;
    my $condition = $r->header_in('If-Range') // return 1;
    return $condition eq $plan->{ $condition =~ /.["]\z/ ? 'tag' : 'modified' };
}

# The range that is asked for, and whether it is one: a second satisfiable range means the whole body.
# Nothing where it cannot be satisfied or is no range, which nginx treats alike.
sub read_range {
    my ( $range, $length ) = @_;
    my @found;
    pos($range) = length 'bytes=';
    while (1) {
        $range =~ /\G[ ]*(?:([0-9]+)[ ]*-[ ]*([0-9]*)|-([0-9]+))[ ]*(,|\z)/g or return;
        my ( $first, $final, $suffix, $more ) = ( $1, $2, $3, $4 );
        return if grep { ( $_ || 0 ) > $MAX_OFFSET } $first, $final, $suffix;
        my ( $start, $stop ) = ( $first, $length );
        if ( defined $suffix ) {
            $start = $suffix < $length ? $length - $suffix : 0;
        }
        elsif ( length $final && $final < $length ) {
            $stop = $final + 1;
        }
        if ( $start < $stop ) {
            return ( 0, $length, 0 ) if @found;
            @found = ( $start, $stop, 1 );
        }
        elsif ( $start == 0 ) {
            return ( 0, $length, 0 );
        }
        last if !$more;
    }
    return @found;
}

1;

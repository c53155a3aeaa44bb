package splice;

# Acts on a plan: compares files with what they were, and has nginx send the pieces.
#
# Theory of operation: gunicorn answers with instructions (app/delivery/splice.py documents each header) and
# `X-Accel-Redirect: @splice`; nginx keeps the answer (plan_cache.conf) and comes here with it, as often as
# it is asked for. So a plan may be older than the files. Every file it names is compared with its identity;
# what is sent is compared on the open descriptor, and nginx gets it as /proc/self/fd/N, which is that very
# inode whatever its path has come to mean since. Where a file differs, the request goes back for a fresh
# plan (@fresh) a few times, then is refused.
#
# nginx's own filters for conditions and ranges take tag and date from places that Perl cannot reach, and
# would leave Cache-Control on a 416. So a 304 was decided before, where the plan is kept, on its real ETag
# and Last-Modified, and ranges are read here. ETag, Last-Modified, Cache-Control and CORS are added by
# headers.conf to whatever ends up being sent.
#
# Offsets and lengths are bytes; ranges are half-open. Needs nothing but what Perl itself brings.

use strict;
use warnings;

use Compress::Raw::Zlib ();
use Config;
use Errno        ();
use Fcntl        qw(O_NONBLOCK O_RDONLY);
use MIME::Base64 ();
use nginx;

our $VERSION = '1';

# How many plans a request is given before it is refused: files that change faster cannot be served.
my $MAX_PLANS = 4;

# statx(2), since Perl's own stat has no nanoseconds: its number on this processor, its constants, and the parts
# of its answer that are an identity: inode, size, mtime (seconds, nanoseconds), device (major, minor).
my %STATX_OF      = ( x86_64 => 332, powerpc64le => 383, s390x => 379 );
my ($MACHINE)     = $Config{archname} =~ /\A(\w+?)-/;
my $STATX         = $STATX_OF{$MACHINE} // 291;                            # aarch64, riscv64, loongarch64
my $AT_FDCWD      = -100;
my $AT_EMPTY_PATH = 0x1000;
my $STATX_BASIC   = 0x7ff;
my $STATX_PARTS   = 'x32 Q Q x64 q L x12 L L';
my $STATX_BYTES   = 256;
my $NS_PER_S      = 1_000_000_000;

# nginx counts in off_t; a longer number is not a number.
my $MAX_OFFSET = 9_223_372_036_854_775_807;

# What a piece is taken from, where it is not the number of a file.
my $INLINE = -1;

sub handler {
    my ($r) = @_;

    my ( $files, $refusal ) = open_files($r);
    return another_plan( $r, $refusal ) if $refusal;
    if ( upstream( $r, 'status' ) =~ /304\z/ ) {
        $r->status(HTTP_NOT_MODIFIED);
        $r->send_http_header(q{});
        return OK;
    }
    my ( $length, $pieces ) = read_pieces( upstream( $r, 'http_x_splice_pieces' ) );
    my ( $start,  $stop )   = ( 0, $length );
    if ( is_range_asked($r) ) {
        ( $start, $stop, my $is_partial ) = read_range( $r->header_in('Range'), $length );
        return unsatisfiable( $r, $length ) if !defined $start;
        if ($is_partial) {
            $r->status(HTTP_PARTIAL_CONTENT);
            $r->header_out( 'Content-Range', sprintf 'bytes %d-%d/%d', $start, $stop - 1, $length );
        }
    }
    $r->header_out( 'Accept-Ranges',  'bytes' );
    $r->header_out( 'Content-Length', $stop - $start );
    $r->send_http_header( upstream( $r, 'http_x_splice_type' ) );
    send_pieces( $r, $files, $pieces, $start, $stop ) if !$r->header_only;
    return OK;
}

# Of gunicorn's answer, by the end of nginx's name for it; empty where there is none.
sub upstream {
    my ( $r, $name ) = @_;
    return $r->variable("upstream_$name") // q{};
}

# The files to send, open, and nothing; or none, and the status that says why.
sub open_files {
    my ($r) = @_;

    for ( split /, /, upstream( $r, 'http_x_splice_guards' ) ) {
        my ( $path, $identity ) = read_row($_);
        return ( [], HTTP_CONFLICT ) if identity_of( $AT_FDCWD, $path, 0 ) ne $identity;
    }
    my @files;
    for ( split /, /, upstream( $r, 'http_x_splice_files' ) ) {
        my ( $path, $identity ) = read_row($_);
        my $file;
        if ( !sysopen $file, $path, O_RDONLY | O_NONBLOCK ) {
            return ( [], HTTP_CONFLICT ) if $!{ENOENT};
            log_error( $r, "cannot open $path: $!" );
            return ( [], HTTP_SERVICE_UNAVAILABLE );
        }
        return ( [], HTTP_CONFLICT ) if identity_of( fileno $file, q{}, $AT_EMPTY_PATH ) ne $identity;
        push @files, $file;
    }
    return \@files;
}

# On standard error, which is nginx's error log: splice.conf says why not by nginx.
sub log_error {
    my ( $r, $text ) = @_;
    my $id = $r->variable('request_id');
    warn "splice: request $id: $text\n";
    return;
}

# A path, and the file's identity as `identity_of` writes it.
sub read_row {
    my ($row) = @_;
    my ( $path, $identity ) = split / /, $row, 2;
    $path =~ s/%([[:xdigit:]]{2})/chr hex $1/ge;
    return ( $path, $identity );
}

# Device, inode, size and mtime; empty where there is no such file.
sub identity_of {
    my ( $folder, $path, $flags ) = @_;
    my $found = "\0" x $STATX_BYTES;
    return q{} if syscall( $STATX, $folder, $path, $flags, $STATX_BASIC, $found ) != 0;
    my ( $inode, $bytes, $mtime_s, $mtime_ns, $major, $minor ) = unpack $STATX_PARTS, $found;
    return sprintf '%d:%d %d %d %d', $major, $minor, $inode, $bytes, $mtime_s * $NS_PER_S + $mtime_ns;
}

sub another_plan {
    my ( $r, $refusal ) = @_;
    my $plans = () = upstream( $r, 'status' ) =~ /\d+/g;
    if ( $refusal == HTTP_CONFLICT && $plans < $MAX_PLANS ) {
        $r->internal_redirect('@fresh');
        return OK;
    }
    return refuse( $r, $refusal, 'The archive is being changed, or cannot be read now. Try again soon.' );
}

sub unsatisfiable {
    my ( $r, $length ) = @_;
    $r->header_out( 'Content-Range', "bytes */$length" );
    return refuse( $r, HTTP_RANGE_NOT_SATISFIABLE,
        "This resource has $length bytes; the request's Range names none of them." );
}

sub refuse {
    my ( $r, $status, $text ) = @_;
    $r->status($status);
    $r->header_out( 'Content-Length', 1 + length $text );
    $r->send_http_header('text/plain; charset=utf-8');
    $r->print("$text\n") if !$r->header_only;
    return OK;
}

# Whether there is a Range to be read, and If-Range, if any, names this version: by its tag or its exact date.
sub is_range_asked {
    my ($r) = @_;
    my $range = $r->header_in('Range') // q{};
    return 0 if $range !~ /\Abytes=./i;
    my $condition = $r->header_in('If-Range') // return 1;
    return $condition eq upstream( $r, $condition =~ /.["]\z/ ? 'http_etag' : 'http_last_modified' );
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

# The length of the body, and its pieces in order: what each is taken from, its offset there, its length.
sub read_pieces {
    my ($text) = @_;
    my ( $length, $from, $at, $inline_at, @pieces ) = ( 0, 0, 0, 0 );
    for ( split / /, $text ) {
        my ( $gap, $bytes ) = split /[+]/;
        if ( defined $bytes ) {
            $at += $gap;
            push @pieces, [ $from, $at, $bytes ];
            $at += $bytes;
        }
        elsif (s/\A[#]//) {
            ( $from, $at ) = ( $_, 0 );
            next;
        }
        else {
            $bytes = $gap;
            push @pieces, [ $INLINE, $inline_at, $bytes ];
            $inline_at += $bytes;
        }
        $length += $bytes;
    }
    return ( $length, \@pieces );
}

sub send_pieces {
    my ( $r, $files, $pieces, $start, $stop ) = @_;
    my $inline = read_inline( upstream( $r, 'http_x_splice_inline' ) );
    my @names  = map { name_of($_) } @{$files};
    my $at     = 0;
    for ( @{$pieces} ) {
        my ( $from, $offset, $bytes ) = @{$_};
        my $skip = $start > $at ? $start - $at : 0;
        my $take = ( $stop - $at < $bytes ? $stop - $at : $bytes ) - $skip;
        $at += $bytes;
        next if $take <= 0;
        if ( $from == $INLINE ) {
            $r->print( substr ${$inline}, $offset + $skip, $take );
        }
        else {
            $r->sendfile( $names[$from], $offset + $skip, $take );
        }
    }
    return;
}

sub read_inline {
    my ($text)      = @_;
    my $is_deflated = $text =~ s/\A~//;
    my $inline      = MIME::Base64::decode($text);
    return \$inline if !$is_deflated;
    my $plain = q{};
    Compress::Raw::Zlib::Inflate->new->inflate( $inline, $plain );
    return \$plain;
}

# A name of an open file that no other request ever uses, thanks to a count that is spelled in // and /./.
# By it nginx's open_file_cache opens a file once for all ranges of a request and never mistakes it for another.
{
    my $count = 0;

    sub name_of {
        my ($file) = @_;
        my $unique = sprintf '%b', $count++;
        $unique =~ s{1}{./}g;
        $unique =~ tr{0}{/};
        return "/proc/self/fd/$unique" . fileno $file;
    }
}

1;

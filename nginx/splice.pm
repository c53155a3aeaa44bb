package splice;

# Acts on a plan: compares files with what they were, and has nginx send the pieces.
#
# Theory of operation: app/delivery/splice.py documents a plan. nginx keeps it in a file of its cache, which plans.pm
# reads: one small file, and nobody is asked. Where there is none, or it is not fresh any more, the request goes by
# @plan (splice.conf), which has nginx ask gunicorn and keep the answer, and comes back here; where somebody else's
# is on that way already, it waits. What has no plan, or is refused while it waits, gunicorn answers itself (@direct).
#
# A plan may be older than the files. Every file it names is compared with its identity; what is sent is compared on
# the open descriptor, and nginx gets it as /proc/self/fd/N, which is that very inode whatever its path has come to
# mean since. Where a file differs, another plan is asked for, past the cache, a few times; then it is refused.
#
# Small pieces are read here, into one buffer: to have nginx send a few hundred bytes of audio costs several times
# what reading them does. Only what is in memory already is read (RWF_NOWAIT), so that no disk holds up the other
# clients of a worker; and no more than $MAX_READ, as it is kept until the client has everything.
#
# Conditions and ranges are read by conditions.pm. ETag, Last-Modified, Cache-Control and CORS are added by
# headers.conf to whatever ends up being sent, from variables that are set here.
#
# Offsets and lengths are bytes; ranges are half-open. Needs nothing but what Perl itself brings.

use strict;
use warnings;

use conditions;
use Config;
use Errno ();
use Fcntl qw(O_NONBLOCK O_RDONLY);
use nginx;
use plans;

our $VERSION = '1';

# How many plans a request is given before it is refused: files that change faster cannot be served.
my $MAX_PLANS = 4;

# The type of gunicorn's answer that brings plans.
my $PLAN_TYPE = 'application/vnd.vodsplice.plan';

# Pieces of at most so many bytes are read, and of one answer at most so many.
my $SMALL    = 4096;
my $MAX_READ = 262_144;

# A body of media in at most so many pieces leaves without TCP_CORK, which nginx sets where headers and a file leave
# together: when the cork is drawn, the end waits for the client's delayed acknowledgement, up to 40 ms. For many
# pieces it is worth that.
my $FEW = 8;

# The place of the plan's own file, which has the inline bytes, among those to send.
my $INLINE = -1;

# statx(2), since Perl's own stat has no nanoseconds, and preadv2(2), which need not wait: their numbers on this
# processor, their constants, and the parts of statx's answer that are an identity: inode, size, mtime (seconds,
# nanoseconds), device (major, minor).
my %NUMBERS_OF = ( x86_64 => [ 332, 327 ], powerpc64le => [ 383, 380 ], s390x => [ 379, 376 ] );
my ($MACHINE) = $Config{archname} =~ /\A(\w+?)-/;
my ( $STATX, $PREADV2 ) = @{ $NUMBERS_OF{$MACHINE} // [ 291, 286 ] };    # aarch64, riscv64, loongarch64
my $AT_FDCWD      = -100;
my $AT_EMPTY_PATH = 0x1000;
my $STATX_BASIC   = 0x7ff;
my $STATX_PARTS   = 'x32 Q Q x64 q L x12 L L';
my $STATX_ANSWER  = "\0" x 256;                                          # overwritten by every call
my $NS_PER_S      = 1_000_000_000;
my $RWF_NOWAIT    = 8;

# From the plan that is kept, if it is fresh and true.
sub handler {
    my ($r) = @_;
    return direct($r) if $r->variable('is_direct') || conditions::are_odd($r);
    my $is_refused = plans::is_wait_over($r);
    my $plan       = plans::kept($r);
    return act( $r, $plan ) if $plan  && $plan->{until} > time;
    return direct($r)       if !$plan && $is_refused;
    return OK               if !$plan && plans::wait_for( $r, \&handler );
    return another_plan($r);
}

# The same after gunicorn was asked for a plan. Where it is away, or has more to say than a text, there is none.
sub planned {
    my ($r) = @_;
    plans::note_made($r);
    my ( $status, $text ) = split / /, $r->variable('plan_refusal'), 2;
    return refuse( $r, $status, $text ) if $status;
    my $plan = $r->variable('planned') eq $PLAN_TYPE && plans::kept($r);
    return $plan ? act( $r, $plan ) : direct($r);
}

sub direct {
    my ($r) = @_;
    $r->variable( 'plan_status', 'BYPASS' );
    $r->internal_redirect('@direct');
    return OK;
}

sub another_plan {
    my ($r) = @_;
    $r->internal_redirect('@plan');
    return OK;
}

sub act {
    my ( $r, $plan ) = @_;
    return direct($r) if !defined $plan->{type};
    my ( $files, $refusal ) = open_files( $r, $plan );
    if ( $refusal == HTTP_CONFLICT ) {
        my $plans = $r->variable('plan_retry') || 1;
        $r->variable( 'plan_retry', $plans + 1 );
        return another_plan($r) if $plans < $MAX_PLANS;
    }
    $r->variable( 'plan_tag',       $plan->{tag} );
    $r->variable( 'plan_modified',  $plan->{modified} );
    $r->variable( 'plan_freshness', $plan->{freshness} );
    $r->variable( 'plan_cors',      $plan->{cors} // q{} );
    return refuse( $r, $refusal, 'The archive is being changed, or cannot be read now. Try again soon.' )
        if $refusal;
    if ( conditions::is_not_modified( $r, $plan ) ) {
        $r->status(HTTP_NOT_MODIFIED);
        $r->send_http_header(q{});
        return OK;
    }
    my $length = $plan->{length};
    my ( $start, $stop ) = ( 0, $length );
    if ( conditions::is_range_asked( $r, $plan ) ) {
        ( $start, $stop, my $is_partial ) = conditions::read_range( $r->header_in('Range'), $length );
        return unsatisfiable( $r, $length ) if !defined $start;
        if ($is_partial) {
            $r->status(HTTP_PARTIAL_CONTENT);
            $r->header_out( 'Content-Range', sprintf 'bytes %d-%d/%d', $start, $stop - 1, $length );
        }
    }
    $r->header_out( 'Accept-Ranges',  'bytes' );
    $r->header_out( 'Content-Length', $stop - $start );
    $r->send_http_header( $plan->{type} );
    send_pieces( $r, $plan, [ @{$files}, $plan->{file} ], $start, $stop ) if !$r->header_only;
    return OK;
}

# The files to send, open, and nothing; or none, and the status that says why.
sub open_files {
    my ( $r, $plan ) = @_;

    for ( split /, /, $plan->{guards} ) {
        my ( $path, $identity ) = read_row($_);
        return ( [], HTTP_CONFLICT ) if identity_of( $AT_FDCWD, $path, 0 ) ne $identity;
    }
    my @files;
    for ( split /, /, $plan->{files} ) {
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
    return ( \@files, 0 );
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
    return q{} if syscall( $STATX, $folder, $path, $flags, $STATX_BASIC, $STATX_ANSWER ) != 0;
    my ( $inode, $bytes, $mtime_s, $mtime_ns, $major, $minor ) = unpack $STATX_PARTS, $STATX_ANSWER;
    $mtime_ns += $mtime_s * $NS_PER_S;
    return "$major:$minor $inode $bytes $mtime_ns";
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

# Bytes [start, stop) of the body.
sub send_pieces {
    my ( $r, $plan, $files, $start, $stop ) = @_;
    my ( $begin, $read, $spare, %names ) = ( 0, q{}, $MAX_READ );
    my $is_part = $start || $stop < $plan->{length};
    my $is_few  = @{$files} > 1 && $plan->{pieces} =~ tr/ // <= 2 * $FEW + 1;
    for ( split /, /, $plan->{pieces} ) {
        my ( $file, @ranges ) = split / /;
        my $base = $file == $INLINE ? $plan->{inline_at} : 0;
        while (@ranges) {
            my $offset = $base + shift @ranges;
            my $bytes  = shift @ranges;
            if ($is_part) {
                my $end  = $begin + $bytes;
                my $skip = $start > $begin ? $start - $begin : 0;
                $offset += $skip;
                $bytes = ( $end < $stop ? $end : $stop ) - $begin - $skip;
                $begin = $end;
                next if $bytes <= 0;
            }
            if ( $bytes <= $SMALL && $bytes <= $spare ) {
                my $block = read_piece( $plan, $files->[$file], $offset, $bytes );
                if ( defined $block ) {
                    $read .= $block;
                    $spare -= $bytes;
                    next;
                }
            }
            if ( length $read ) {
                $r->print($read);
                $read = q{};
            }
            if ($is_few) {
                $r->flush;
                $is_few = 0;
            }
            $r->sendfile( $names{$file} //= name_of( $files->[$file] ), $offset, $bytes );
        }
    }
    $r->print($read) if length $read;
    return;
}

# Bytes of a file that are in memory; nothing where a disk would have to be waited for.
sub read_piece {
    my ( $plan, $file, $offset, $bytes ) = @_;
    my $at = $offset - $plan->{text_at};
    return substr ${ $plan->{text} }, $at, $bytes
        if $file == $plan->{file} && $at + $bytes <= length ${ $plan->{text} };
    my $block  = "\0" x $bytes;
    my $vector = pack 'PJ', $block, $bytes;
    return if syscall( $PREADV2, fileno $file, $vector, 1, 0 + $offset, 0, $RWF_NOWAIT ) != $bytes;
    return $block;
}

# A name of an open file that no other request ever uses, thanks to a count that is spelled in / and ./, a byte at
# a time. By it nginx's open_file_cache opens a file once for all ranges of a request and never mistakes it for
# another.
{
    my $count     = 0;
    my @spellings = map { sprintf( '%08b', $_ ) =~ s{1}{./}gr =~ tr{0}{/}r } 0 .. 255;

    sub name_of {
        my ($file) = @_;
        my ( $rest, $unique ) = ( $count++, q{} );
        do { $unique .= $spellings[ $rest & 255 ] } while $rest >>= 8;
        return "/proc/self/fd/$unique" . fileno $file;
    }
}

1;

package splice;

# Acts on a plan: has nginx send what it says, if its files still are what they were.
#
# Theory of operation: app/delivery/splice.py documents a plan. nginx keeps it in a file of its cache, which plans.pm
# reads: one small file, and nobody is asked; and a worker remembers what it has acted on lately. Where there is none,
# the request goes by @plan (splice.conf), which has nginx ask gunicorn and keep the answer, and by @planned comes back
# here; where somebody else's is on that way already, it waits (waits.pm). What has no plan, or is refused while it
# waits, gunicorn answers itself (@direct).
#
# Who watches on waits for no plan but the first: from the middle of what a file has plans of, the next ones are wished
# for (wishes.pm). So is a new one where a plan is due: meanwhile, and while gunicorn is away, the old one is as good.
#
# A plan may be older than the files. Every file it names is compared with its identity (files.pm); what is sent is
# compared on the open descriptor, and nginx gets that (pieces.pm). Where a file differs, another plan is asked for,
# past the cache, a few times; then it is refused.
#
# Conditions and ranges are read by conditions.pm. ETag, Last-Modified, Cache-Control and CORS are added by
# headers.conf to whatever ends up being sent, from variables that are set here.
#
# Offsets and lengths are bytes; ranges are half-open. Needs nothing but what Perl itself brings.

use strict;
use warnings;

use conditions;
use files;
use nginx;
use pieces;
use plans;
use waits;
use wishes;

our $VERSION = '1';

# How many plans a request is given before it is refused: files that change faster cannot be served.
my $MAX_PLANS = 4;

# The type of gunicorn's answer that brings plans.
my $PLAN_TYPE = 'application/vnd.vodsplice.plan';

# Answers from a plan that is remembered or kept, if its files are as they were; else has one made.
sub handler {
    my ($r) = @_;
    my $target = $r->variable('plain_target');
    if ( my $plan = $target && plans::remembered($target) ) {
        my ($files) = files::open_all($plan);
        if ($files) {
            look_ahead( $r, $plan );
            $r->variable( 'plan_status', 'HIT' );
            return send_whole( $r, $plan, $files );
        }
        plans::forget($target);
    }
    return direct($r) if $r->variable('is_direct') || conditions::are_odd($r);
    my $is_over = waits::are_over($r);
    my $plan    = plans::kept($r);
    return OK         if $plan && act( $r, $plan );
    return direct($r) if $is_over || waits::are_vain($r);
    return OK         if waits::begin( $r, \&handler );
    pass_over($r)     if $plan;
    return another_plan($r);
}

# Has the kept plan, which is not true, not be asked for again. Who waited for another one does so by removing it, so
# that nginx's lock has one made for all who waited in vain.
sub pass_over {
    my ($r) = @_;
    return plans::remove($r) if waits::has_waited($r);
    $r->variable( 'plan_retry', 1 );
    return;
}

# Once gunicorn was asked for a plan. Where it is away, or has more to say than a text, there is none.
sub asked {
    my ($r) = @_;
    waits::end( $r, $r->variable('plan_key') );
    my ( $status, $text ) = split / /, $r->variable('plan_refusal'), 2;
    return refuse( $r, $status, $text ) if $status;
    return direct($r)                   if $r->variable('planned') ne $PLAN_TYPE;
    $r->internal_redirect('@planned');
    return OK;
}

# From the plan that it answered with.
sub planned {
    my ($r) = @_;
    my $plan = plans::kept($r) or return direct($r);
    return OK if act( $r, $plan );
    $r->variable( 'plan_retry', 1 + ( $r->variable('plan_retry') || 0 ) );
    return another_plan($r) if $r->variable('plan_retry') < $MAX_PLANS;
    return refuse_for_now( $r, $plan, HTTP_CONFLICT );
}

sub direct {
    my ($r) = @_;
    $r->variable( 'plan_status', 'BYPASS' );
    $r->internal_redirect('@direct');
    return OK;
}

sub another_plan {
    my ($r) = @_;
    $r->variable( 'plan_path', $r->uri );
    $r->internal_redirect('@plan');
    return OK;
}

# Has the plans made that come next, if they are not kept and nobody has them made. A worker that has seen to it does
# not look again while it remembers the plan.
sub look_ahead {
    my ( $r, $plan ) = @_;
    my $ahead = delete $plan->{ahead} or return;
    my $uri   = $r->uri;
    my $path  = substr( $uri, 0, 1 + rindex $uri, q{/} ) . $ahead;
    $r->variable( 'ahead_path', $path );
    my $key = $r->variable('ahead_key');
    wish( $r, $key, $path ) if !plans::are_kept( $r, $key );
    return;
}

# Has the plans of a key made, if nobody has yet: those of this path and its neighbours.
sub wish {
    my ( $r, $key, $path ) = @_;
    return if !waits::is_first( $r, $key ) || wishes::make( $path, $r->variable('plan_args') );
    log_error( $r, "no plan can be wished for: $!" );
    waits::end( $r, $key );
    return;
}

# Once gunicorn was asked for what was wished for. Where it refuses, and not for now alone, the old plan goes. Where it
# is away, the note stays, so that not every viewer has it asked again.
sub wished {
    my ($r)       = @_;
    my ($refused) = $r->variable('plan_refusal') =~ /\A(4\d\d) /;
    plans::remove($r)                          if $refused;
    waits::end( $r, $r->variable('plan_key') ) if $refused || $r->variable('planned') eq $PLAN_TYPE;
    return HTTP_NO_CONTENT;
}

# Answers from a plan; false where its files are others now, and another plan is to be asked for, past the cache.
sub act {
    my ( $r, $plan ) = @_;
    my $is_due = $plan->{until} <= time;
    wish( $r, $r->variable('plan_key'), $r->uri ) if $is_due && $plan->{has_place};
    if ( !defined $plan->{type} ) {
        direct($r);
        return 1;
    }
    my ( $files, $refusal, $error ) = files::open_all($plan);
    if ($files) {
        look_ahead( $r, $plan );
        my $target = $r->variable('plain_target');
        plans::remember( $target, $plan )                        if $target;
        $r->variable( 'plan_status', $is_due ? 'STALE' : 'HIT' ) if !$r->variable('plan_status');
        answer( $r, $plan, $files );
        return 1;
    }
    return 0 if $refusal == HTTP_CONFLICT;
    log_error( $r, $error );
    refuse_for_now( $r, $plan, $refusal );
    return 1;
}

# What the client asks for of a plan's body, from open files; `send_whole` where nothing is asked of it.
sub answer {
    my ( $r, $plan, $files ) = @_;
    set_headers( $r, $plan );
    if ( conditions::is_not_modified( $r, $plan ) ) {
        $r->status(HTTP_NOT_MODIFIED);
        $r->send_http_header(q{});
        return OK;
    }
    my ( $length, $pieces ) = @{$plan}{qw(length pieces)};
    if ( conditions::is_range_asked( $r, $plan ) ) {
        my ( $start, $stop, $is_partial ) = conditions::read_range( $r->header_in('Range'), $length );
        return unsatisfiable( $r, $length ) if !defined $start;
        if ($is_partial) {
            $r->status(HTTP_PARTIAL_CONTENT);
            $r->header_out( 'Content-Range', sprintf 'bytes %d-%d/%d', $start, $stop - 1, $length );
            $pieces = pieces::part_of( $pieces, $start, $stop );
            $length = $stop - $start;
        }
    }
    return send_pieces( $r, $plan, $files, $pieces, $length );
}

sub send_whole {
    my ( $r, $plan, $files ) = @_;
    set_headers( $r, $plan );
    return send_pieces( $r, $plan, $files, @{$plan}{qw(pieces length)} );
}

sub send_pieces {
    my ( $r, $plan, $files, $pieces, $length ) = @_;
    $r->header_out( 'Accept-Ranges',  'bytes' );
    $r->header_out( 'Content-Length', $length );
    $r->send_http_header( $plan->{type} );
    return OK if $r->header_only;
    pieces::send_all( $r, $pieces, $plan->{text},
        [ map { fileno $_ } grep { defined } @{$files}, $plan->{file} ] );
    return OK;
}

sub set_headers {
    my ( $r, $plan ) = @_;
    $r->variable( 'plan_tag',       $plan->{tag} );
    $r->variable( 'plan_modified',  $plan->{modified} );
    $r->variable( 'plan_freshness', $plan->{freshness} );
    $r->variable( 'plan_cors',      $plan->{cors} );
    return;
}

# On standard error, which is nginx's error log: sending.conf says why not by nginx.
sub log_error {
    my ( $r, $text ) = @_;
    my $id = $r->variable('request_id');
    warn "splice: request $id: $text\n";
    return;
}

sub unsatisfiable {
    my ( $r, $length ) = @_;
    $r->header_out( 'Content-Range', "bytes */$length" );
    return refuse( $r, HTTP_RANGE_NOT_SATISFIABLE,
        "This resource has $length bytes; the request's Range names none of them." );
}

sub refuse_for_now {
    my ( $r, $plan, $status ) = @_;
    set_headers( $r, $plan );
    return refuse( $r, $status, 'The archive is being changed, or cannot be read now. Try again soon.' );
}

sub refuse {
    my ( $r, $status, $text ) = @_;
    $r->status($status);
    $r->header_out( 'Content-Length', 1 + length $text );
    $r->send_http_header('text/plain; charset=utf-8');
    $r->print("$text\n") if !$r->header_only;
    return OK;
}

1;

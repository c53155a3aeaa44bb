package files;

# Compares files with what they were when a plan was made, and opens those that are sent.
#
# An identity is device, inode, size and mtime, in the form of statx(2)'s answer: where they stand there, and 0 for
# all else. So a comparison is one operation on two strings.

use strict;
use warnings;
use open IO => ':unix';    # descriptors, and nothing that Perl would put on top of them

use Errno ();
use Fcntl qw(O_NONBLOCK O_RDONLY);
use nginx;
use syscalls;

our $VERSION = '1';

# The constants of statx(2).
my $AT_FDCWD      = -100;
my $AT_EMPTY_PATH = 0x1000;
my $STATX_BASIC   = 0x7ff;
my $ANSWER        = "\0" x 256;    # overwritten by every call

# Where an identity stands in it: inode, size, mtime (seconds, nanoseconds), device (major, minor).
my $PARTS    = 'x32 Q Q x64 q L x12 L L';
my $MASK     = pack $PARTS, ~0, ~0, -1, (0xffff_ffff) x 3;
my $NO_FILE  = pack $PARTS, (0) x 6;
my $NS_PER_S = 1_000_000_000;

# Why a file is not there, as in app/file_errors.py: gunicorn says what has become of it.
my @ABSENT = qw(ENOENT ENOTDIR ELOOP ENAMETOOLONG);

# A path and its file's identity, from the row that app/delivery/splice.py writes.
sub read_row {
    my ($row) = @_;
    my ( $path, $device, $inode, $bytes, $mtime_ns ) = split / /, $row;
    $path =~ s/%([[:xdigit:]]{2})/chr hex $1/ge;
    my $ns = $mtime_ns % $NS_PER_S;
    return ( $path, pack $PARTS, $inode, $bytes, ( $mtime_ns - $ns ) / $NS_PER_S, $ns, split /:/, $device );
}

# The files that a plan sends, open; or none, the status that says why, and an error that is worth a line in the log.
sub open_all {
    my ($plan) = @_;
    for my $guard ( @{ $plan->{guards} } ) {
        return ( undef, HTTP_CONFLICT ) if !is_still( $AT_FDCWD, $guard->[0], 0, $guard->[1] );
    }
    my @files;
    for my $row ( @{ $plan->{files} } ) {
        my $file;
        if ( !sysopen $file, $row->[0], O_RDONLY | O_NONBLOCK ) {
            return ( undef, HTTP_CONFLICT ) if grep { $!{$_} } @ABSENT;
            return ( undef, HTTP_SERVICE_UNAVAILABLE, "cannot open $row->[0]: $!" );
        }
        return ( undef, HTTP_CONFLICT ) if !is_still( fileno $file, q{}, $AT_EMPTY_PATH, $row->[1] );
        push @files, $file;
    }
    return ( \@files, 0 );
}

# Whether a file has the identity, be it that of none that can be seen.
sub is_still {
    my ( $folder, $path, $flags, $identity ) = @_;
    return ( $ANSWER & $MASK ) eq $identity
        if syscall( $syscalls::STATX, $folder, $path, $flags, $STATX_BASIC, $ANSWER ) == 0;
    return $identity eq $NO_FILE;
}

1;

package pieces;

# Has nginx send a plan's pieces.
#
# A piece is a source (a file's place among those of the plan, or $OWN or $TEXT) and a list of ranges there: offset and
# length of each, in bytes.
#
# nginx gets a file as /proc/self/fd/N, which is the very inode that was compared, whatever its path has come to mean
# since. Small pieces are read here, into one buffer: to have nginx send a few hundred bytes of audio costs several
# times what reading them does. Only what is in memory already is read (RWF_NOWAIT), so that no disk holds up the
# other clients of a worker; and no more than $MAX_READ, as it is kept until the client has everything.

use strict;
use warnings;

use syscalls;

our $VERSION = '1';

# Where inline bytes are: in the plan's own file, which is the last one; or, where they are few, with the plan.
our $OWN  = -1;
our $TEXT = -2;

# Pieces of at most so many bytes are read, and of one answer at most so many.
our $SMALL = 4096;
my $MAX_READ = 262_144;

# preadv2(2): take what is in memory, wait for no disk.
my $RWF_NOWAIT = 8;
my $BLOCK      = "\0" x $SMALL;    # what is read comes here

# Bytes [start, stop) of the pieces.
sub part_of {
    my ( $pieces, $start, $stop ) = @_;
    my ( $begin, @part ) = (0);
    for my $piece ( @{$pieces} ) {
        my ( $source, $ranges ) = @{$piece};
        for ( my $at = 0 ; $at < @{$ranges} ; $at += 2 ) {
            my $end   = $begin + $ranges->[ $at + 1 ];
            my $first = $start > $begin ? $start : $begin;
            my $final = $end < $stop    ? $end   : $stop;
            push @part, [ $source, [ $ranges->[$at] + $first - $begin, $final - $first ] ] if $first < $final;
            $begin = $end;
        }
    }
    return \@part;
}

# `files` are descriptors: of those of the plan in its order, then of its own, if any.
sub send_all {
    my ( $r, $pieces, $text, $files ) = @_;
    my ( $read, $spare, %names ) = ( q{}, $MAX_READ );
    for my $piece ( @{$pieces} ) {
        my ( $source, $ranges ) = @{$piece};
        my ( $at, $end, $file ) = ( 0, scalar @{$ranges}, $files->[$source] );
        while ( $at < $end ) {
            my $bytes = $ranges->[ $at + 1 ];
            if ( $bytes <= $SMALL && ( $bytes <= $spare || $source == $TEXT ) ) {
                my $block =
                    $source == $TEXT
                    ? substr $text, $ranges->[$at], $bytes
                    : read_piece( $file, $ranges->[$at], $bytes );
                if ( defined $block ) {
                    $read .= $block;
                    $spare -= $bytes;
                    $at    += 2;
                    next;
                }
            }
            if ( length $read ) {
                $r->print($read);
                $read = q{};
            }
            my $name = $names{$source} //= name_of($file);
            do { $r->sendfile( $name, $ranges->[ $at++ ], $ranges->[ $at++ ] ) }
                while $at < $end && $ranges->[ $at + 1 ] > $SMALL;
        }
    }
    $r->print($read) if length $read;
    return;
}

# Bytes of a file that are in memory; nothing where a disk would have to be waited for.
sub read_piece {
    my ( $file, $offset, $bytes ) = @_;
    my $vector = pack 'PJ', $BLOCK, $bytes;
    return if syscall( $syscalls::PREADV2, $file, $vector, 1, 0 + $offset, 0, $RWF_NOWAIT ) != $bytes;
    return substr $BLOCK, 0, $bytes;
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
        return "/proc/self/fd/$unique$file";
    }
}

1;

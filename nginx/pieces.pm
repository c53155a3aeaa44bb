package pieces;

# Has nginx send a plan's pieces.
#
# Pieces are runs of ranges, each a source (a file's place among those of the plan, or $OWN or $TEXT) and a list of
# offsets there and lengths, in bytes. Of one run all ranges are small, or none is.
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

# Puts a range behind the others.
sub add {
    my ( $pieces, $source, $offset, $bytes ) = @_;
    my $last = $pieces->[-1];
    if ( $last && $last->[0] == $source && ( $last->[1][1] <= $SMALL ) == ( $bytes <= $SMALL ) ) {
        push @{ $last->[1] }, $offset, $bytes;
        return;
    }
    push @{$pieces}, [ $source, [ $offset, $bytes ] ];
    return;
}

# Bytes [start, stop) of the pieces.
sub part_of {
    my ( $pieces, $start, $stop ) = @_;
    my ( $begin, @part ) = (0);
    for my $run ( @{$pieces} ) {
        my ( $source, $ranges ) = @{$run};
        for ( my $at = 0 ; $at < @{$ranges} ; $at += 2 ) {
            my $end   = $begin + $ranges->[ $at + 1 ];
            my $first = $start > $begin ? $start : $begin;
            my $final = $end < $stop    ? $end   : $stop;
            add( \@part, $source, $ranges->[$at] + $first - $begin, $final - $first ) if $first < $final;
            $begin = $end;
        }
    }
    return \@part;
}

# `files` are descriptors: of those of the plan in its order, then of its own, if any. Once a range of a run is not in
# memory, nginx sends the rest of it.
sub send_all {
    my ( $r, $pieces, $text, $files ) = @_;
    my ( $read, $spare, %names ) = ( q{}, $MAX_READ );
    for my $run ( @{$pieces} ) {
        my ( $source, $ranges ) = @{$run};
        my ( $at,     $end )    = ( 0, scalar @{$ranges} );
        if ( $source == $TEXT ) {
            $read .= substr $text, $ranges->[ $at++ ], $ranges->[ $at++ ] while $at < $end;
            next;
        }
        my $file = $files->[$source];
        while ( $at < $end && $ranges->[ $at + 1 ] <= ( $spare < $SMALL ? $spare : $SMALL ) ) {
            my $block = read_piece( $file, $ranges->[$at], $ranges->[ $at + 1 ] );
            last if !defined $block;
            $read .= $block;
            $spare -= $ranges->[ $at + 1 ];
            $at    += 2;
        }
        next if $at == $end;
        if ( length $read ) {
            $r->print($read);
            $read = q{};
        }
        my $name = $names{$source} //= name_of($file);
        $r->sendfile( $name, $ranges->[ $at++ ], $ranges->[ $at++ ] ) while $at < $end;
    }
    $r->print($read) if length $read;
    return;
}

# Bytes of a file that are in memory; nothing where a disk would have to be waited for.
sub read_piece {
    my ( $file, $offset, $bytes ) = @_;
    my $vector = pack 'PJ', $BLOCK, $bytes;
    return if syscall( $syscalls::PREADV2, $file, $vector, 1, $offset, 0, $RWF_NOWAIT ) != $bytes;
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

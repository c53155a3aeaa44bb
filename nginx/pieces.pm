package pieces;

# Has nginx send a plan's pieces.
#
# Pieces are a flat list, three numbers each: where it is from (a file's place among those of the plan, or $OWN or
# $TEXT), its offset there, and its length, in bytes.
#
# nginx gets a file as /proc/self/fd/N, which is the very inode that was compared, whatever its path has come to mean
# since. Small pieces are read here, into one buffer: to have nginx send a few hundred bytes of audio costs several
# times what reading them does. Only what is in memory already is read (RWF_NOWAIT), so that no disk holds up the
# other clients of a worker; and no more than $MAX_READ, as it is kept until the client has everything.

use strict;
use warnings;

use Config;

our $VERSION = '1';

# Where inline bytes are: in the plan's own file, which is the last one; or, where they are few, with the plan.
our $OWN  = -1;
our $TEXT = -2;

# Pieces of at most so many bytes are read, and of one answer at most so many.
our $SMALL = 4096;
my $MAX_READ = 262_144;

# preadv2(2), which need not wait: its number on this processor, and its flag.
my %PREADV2_OF = ( x86_64 => 327, powerpc64le => 380, s390x => 376 );
my ($MACHINE)  = $Config{archname} =~ /\A(\w+?)-/;
my $PREADV2    = $PREADV2_OF{$MACHINE} // 286;                          # aarch64, riscv64, loongarch64
my $RWF_NOWAIT = 8;
my $BLOCK      = "\0" x $SMALL;                                         # what is read comes here

# Bytes [start, stop) of the pieces.
sub part_of {
    my ( $pieces, $start, $stop ) = @_;
    my ( $begin, @part ) = (0);
    for ( my $at = 0 ; $at < @{$pieces} ; $at += 3 ) {
        my ( $source, $offset, $bytes ) = @{$pieces}[ $at .. $at + 2 ];
        my $end   = $begin + $bytes;
        my $first = $start > $begin ? $start : $begin;
        my $final = $end < $stop    ? $end   : $stop;
        push @part, $source, $offset + $first - $begin, $final - $first if $first < $final;
        $begin = $end;
    }
    return \@part;
}

# `files` are descriptors: of those of the plan in its order, then of its own, if any.
sub send_all {
    my ( $r, $pieces, $text, $files ) = @_;
    my ( $read, $spare, $named, $name, %names ) = ( q{}, $MAX_READ, $TEXT );
    for ( my $at = 0 ; $at < @{$pieces} ; $at += 3 ) {
        my ( $source, $bytes ) = ( $pieces->[$at], $pieces->[ $at + 2 ] );
        if ( $bytes <= $SMALL && ( $bytes <= $spare || $source == $TEXT ) ) {
            my $block =
                $source == $TEXT
                ? substr $text, $pieces->[ $at + 1 ], $bytes
                : read_piece( $files->[$source], $pieces->[ $at + 1 ], $bytes );
            if ( defined $block ) {
                $read .= $block;
                $spare -= $bytes if $source != $TEXT;
                next;
            }
        }
        if ( length $read ) {
            $r->print($read);
            $read = q{};
        }
        ( $named, $name ) = ( $source, $names{$source} //= name_of( $files->[$source] ) )
            if $source != $named;
        $r->sendfile( $name, $pieces->[ $at + 1 ], $bytes );
    }
    $r->print($read) if length $read;
    return;
}

# Bytes of a file that are in memory; nothing where a disk would have to be waited for.
sub read_piece {
    my ( $file, $offset, $bytes ) = @_;
    my $vector = pack 'PJ', $BLOCK, $bytes;
    return if syscall( $PREADV2, $file, $vector, 1, $offset, 0, $RWF_NOWAIT ) != $bytes;
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

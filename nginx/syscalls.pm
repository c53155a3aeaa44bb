package syscalls;

# The numbers of system calls that Perl itself has no word for, on this processor: statx(2), since Perl's own stat has
# no nanoseconds, and preadv2(2), which need not wait for a disk.

use strict;
use warnings;

use Config;

our $VERSION = '1';

my %NUMBERS_OF = (
    aarch64     => [ 291, 286 ],
    loongarch64 => [ 291, 286 ],
    powerpc64le => [ 383, 380 ],
    ppc64le     => [ 383, 380 ],
    riscv64     => [ 291, 286 ],
    x86_64      => [ 332, 327 ],
);
my ($MACHINE) = $Config{archname} =~ /\A(\w+?)-/;
my $NUMBERS = $Config{ptrsize} == 8 && $NUMBERS_OF{$MACHINE};
die "vodsplice does not know this machine ($Config{archname}): use nginx-sendfile.conf, and splice = false\n"
    if !$NUMBERS;

our ( $STATX, $PREADV2 ) = @{$NUMBERS};

1;

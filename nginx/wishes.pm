package wishes;

# Has plans made that nobody waits for: those that come next, and new ones for those that are due.
#
# A subrequest would be simpler, but the answer that it goes along with suffers: nginx cuts it short where the
# subrequest fails half-way, and has the next request of the connection wait for it. So a wish is a request to a server
# of this nginx (nginx.conf), whose answer nobody awaits.

use strict;
use warnings;

use Errno  ();
use Socket qw(PF_UNIX SOCK_NONBLOCK SOCK_STREAM pack_sockaddr_un);

our $VERSION = '1';

my $SERVER = 'run/plans-wanted.sock';

# One that was left behind, as by an nginx that was killed, would keep the next from starting. This is run whenever the
# configuration is read, and may be beside an nginx that is at work.
unlink $SERVER if -S $SERVER && !connected() && $!{ECONNREFUSED};

# Whether the server takes it, at once.
sub make {
    my ( $path, $args ) = @_;
    $path =~ s{([^[:alnum:]._/-])}{sprintf '%%%02X', ord $1}ge;
    my $server = connected() or return 0;
    return syswrite $server, "GET $path?$args HTTP/1.0\r\n\r\n";
}

sub connected {
    socket my $server, PF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0 or return;
    connect $server, pack_sockaddr_un($SERVER) or return;
    return $server;
}

1;

# SPDX-License-Identifier: Apache-2.0
# Routes that GET / never visits: a module by name, a file, a temporary file.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use HTTP::Daemon;
use HTTP::Response;

$SIG{TERM} = sub { exit 0 };
$SIG{PIPE} = 'IGNORE';
my %routes = (
    '/'      => sub { "hello from perl\n" },
    '/lazy'  => sub { my $module = 'Shop/Report.pm'; require $module; Shop::Report::text() },
    '/file'  => sub { open my $file, '<', "$FindBin::Bin/data.txt" or die $!; local $/; <$file> },
    '/utf8'  => sub { require Encode; require POSIX; Encode::encode('UTF-8', "\x{e4}") . POSIX::floor(2.5) . "\n" },
    '/write' => sub {
        require File::Temp;
        my ($file, $name) = File::Temp::tempfile(UNLINK => 1);
        print $file "x\n";
        close $file;
        unlink $name;
        "written\n";
    },
);
my $daemon = HTTP::Daemon->new(LocalAddr => '0.0.0.0', LocalPort => 8080, ReuseAddr => 1, Listen => 64) or die "listen: $!";
$| = 1;
print "listening on 8080\n";
while (1) {
    my $client = $daemon->accept or next;
    while (my $request = $client->get_request) {
        my $route = $routes{$request->uri->path};
        my $body = eval { $route ? $route->() : "nothing here\n" };
        my $response = HTTP::Response->new($@ ? 500 : $route ? 200 : 404);
        $response->header('Content-Type' => 'text/plain', 'Connection' => 'close');
        $response->content($@ || $body);
        $client->force_last_request;
        $client->send_response($response);
    }
    $client->close;
}

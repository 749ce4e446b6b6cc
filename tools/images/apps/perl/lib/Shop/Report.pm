# SPDX-License-Identifier: Apache-2.0
package Shop::Report;
use strict;
use warnings;
use List::Util qw(sum);
use Digest::SHA qw(sha256_hex);

sub text { return sum(1, 2, 3) . ' ' . substr(sha256_hex('report'), 0, 8) . "\n" }

1;

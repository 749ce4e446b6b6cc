# SPDX-License-Identifier: Apache-2.0
# Routes that GET / never visits: autoload, plugins by listing, a temporary file.
require 'webrick'

$LOAD_PATH.unshift File.join(__dir__, 'lib')
autoload :Report, 'report'

def plugins
  Dir[File.join(__dir__, 'plugins', '*.rb')].sort.map do |name|
    load name
    File.basename(name, '.rb')
  end
end

def write
  require 'tempfile'
  Tempfile.create('ruby') do |file|
    file.write("written\n")
    file.rewind
    file.read
  end
end

ROUTES = {
  '/' => -> { "hello from ruby\n" },
  '/lazy' => -> { Report.text },
  '/plugins' => -> { plugins.join("\n") + "\n" },
  '/write' => -> { write }
}.freeze

server = WEBrick::HTTPServer.new(Port: 8080, BindAddress: '0.0.0.0', AccessLog: [],
                                 Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN))
server.mount_proc('/') do |request, response|
  route = ROUTES[request.path]
  response.status = route ? 200 : 404
  response.content_type = 'text/plain'
  response.body = route ? route.call : "nothing here\n"
end
trap('TERM') { server.shutdown }
trap('INT') { server.shutdown }
puts 'listening on 8080'
$stdout.flush
server.start

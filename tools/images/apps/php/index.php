<?php
// SPDX-License-Identifier: Apache-2.0
// A router: classes are loaded when they are named, a template when it is shown.
spl_autoload_register(function ($class) {
    require __DIR__ . '/lib/' . $class . '.php';
});
header('Content-Type: text/plain');
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
case '/':
    echo "hello from php\n";
    break;
case '/lazy':
    echo Report::text();
    break;
case '/database':
    $db = new PDO('sqlite::memory:');
    echo $db->query("select 'row' as a")->fetchColumn(), "\n";
    break;
case '/template':
    include __DIR__ . '/lib/template.phtml';
    break;
case '/write':
    $name = tempnam('/tmp', 'php');
    file_put_contents($name, "written\n");
    echo file_get_contents($name);
    unlink($name);
    break;
default:
    http_response_code(404);
    echo "nothing here\n";
}

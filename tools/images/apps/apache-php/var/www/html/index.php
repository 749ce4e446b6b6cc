<?php
// SPDX-License-Identifier: Apache-2.0
header('Content-Type: text/plain');
switch ($_GET['of'] ?? '') {
case 'limit':
	echo ini_get('memory_limit'), "\n";
	break;
case 'server':
	echo $_SERVER['SERVER_NAME'], "\n";
	break;
case 'session':
	session_start();
	$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
	echo "visits: ", $_SESSION['visits'], "\n";
	break;
case 'extensions':
	echo json_encode(['json', 'php', strlen(hash('sha256', 'text'))]), "\n";
	break;
default:
	echo "hello from php under apache\n";
}

CREATE TABLE shop (name text PRIMARY KEY, price numeric NOT NULL);
INSERT INTO shop VALUES ('apple', 1.5), ('pear', 2);

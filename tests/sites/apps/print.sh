#!/bin/sh
printf "Content-Type: text/plain\nX-Printed: by a script\n\nprinted\nby a script\n"

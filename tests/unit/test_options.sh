#!/bin/bash
# Each command of smimectl takes exactly the options that its --help, smimectl(1) and the completion
# tell of. Commands are those that smimectl --help names: a new one is held to this by itself.
# Run by make check in the build folder.
export LC_ALL=C.UTF-8
source_folder=${srcdir:-.}
manual=$source_folder/man/smimectl.1
failures=0
common=$'at ARGUMENT\nconfig ARGUMENT\njson'

fail()
{
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# Words of $1 that are not in $2, on one line.
missing()
{
	comm -23 <(sort -u <<<"$1") <(sort -u <<<"$2") | paste -sd ' '
}

names()
{
	sed 's/ .*//' <<<"$1"
}

# --at, --config … in text, without their dashes.
mentioned()
{
	grep -oE -- '--[a-z][a-z-]*' | sed 's/^--//' | sort -u
}

# As getopt_long() is given them; by a subcommand of its own where there are such.
options_of()
{
	local word
	{
		tests/unit/show_options "$1"
		for word in $(words_of "$1"); do
			tests/unit/show_options "$1" "$word"
		done
	} 2>/dev/null </dev/null | sort -u
}

# The words in small letters in the line "Usage:".
words_of()
{
	./smimectl "$1" --help | sed '/^$/,$d' | sed "s/^Usage: smimectl $1//; s/^ *smimectl $1//" |
		tr '][|' '   ' | tr -s ' ' '\n' | grep -xE '[a-z][a-z-]*'
}

# The list of options in a help text; several may stand on a line, with commas.
options_in_help()
{
	sed '/^Example/,$d' | sed -E '/^ {2,8}(-[a-z], )?--/s/, --/\n      --/g' | sed -nE \
		-e 's/^ {2,8}(-[a-z], )?--([a-z][a-z-]*) [^ ].*/\2 ARGUMENT/p' -e t \
		-e 's/^ {2,8}(-[a-z], )?--([a-z][a-z-]*)( .*)?$/\2/p' | sort -u
}

# The manual, as far as it is of the command: $2 synopsis or section.
manual_of()
{
	sed 's/\\-/-/g; s/\\f[A-Z]//g' "$manual" | awk -v command="$1" -v wanted="$2" '
		/^\.br/ || /^\.SH/ { inside = 0 }
		/^\.SS/ { inside = wanted == "section" && $2 == command }
		/^\.B smimectl / { inside = wanted == "synopsis" && $3 == command }
		/^\.SH EXAMPLES/ { exit }
		inside'
}

# What completion offers after the words given.
completed()
{
	bash --norc -c '
		source "$1" || exit
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_smimectl ./smimectl
		printf "%s\n" "${COMPREPLY[@]}"' - "$source_folder/completion/bash/smimectl" "$@" 2>&1
}

check_command()
{
	local command=$1 found own help text lost
	found=$(options_of "$command")
	help=$(./smimectl "$command" --help)
	[[ -n $found ]] || fail "$command: getopt_long() was not met"
	lost=$(missing "$common" "$found")
	[[ -z $lost ]] || fail "$command: does not take what every command takes: $lost"
	own=$(comm -23 <(echo "$found") <(echo "$common"))

	lost=$(missing "$own" "$(options_in_help <<<"$help")")
	[[ -z $lost ]] || fail "$command --help lacks or describes otherwise: $lost"
	lost=$(missing "$(options_in_help <<<"$help")" "$own")
	[[ -z $lost ]] || fail "$command --help has what the command does not take, or not so: $lost"
	text=$(sed -nE '/^Example/,$'"s/^  smimectl $command([^|<>&]*).*/\1/p" <<<"$help" | mentioned)
	lost=$(missing "$text" "$(names "$found")")
	[[ -z $lost ]] || fail "$command --help has examples with what is no option: $lost"
	grep -q '^Exit status' <<<"$help" || fail "$command --help tells no exit status"
	grep -q '^Examples\?:' <<<"$help" || fail "$command --help has no example"
	grep -q "^  .*smimectl $command" <<<"$(sed -n '/^Example/,$p' <<<"$help")" ||
		fail "$command --help has no example of it"

	lost=
	grep -q smimectl.1 "man/smimectl-$command.1" || fail "smimectl-$command(1) is missing"
	text=$(manual_of "$command" synopsis)
	# Where there are many it may say OPTION for the rest.
	[[ $text == *OPTION* ]] || lost=$(missing "$(names "$own")" "$(mentioned <<<"$text")")
	text=$(mentioned <<<"$text")
	[[ -z $lost ]] || fail "smimectl(1), SYNOPSIS of $command, lacks: $lost"
	lost=$(missing "$text" "$(names "$found")")
	[[ -z $lost ]] || fail "smimectl(1), SYNOPSIS of $command, has what is no option: $lost"
	text=$(manual_of "$command" section)
	lost=$(missing "$(names "$own")" "$(mentioned <<<"$text")")
	[[ -z $lost ]] || fail "smimectl(1), section of $command, lacks: $lost"
	lost=$(missing "$(sed -n '/^\.TP/{n;p}' <<<"$text" | mentioned)" "$(names "$found")")
	[[ -z $lost ]] || fail "smimectl(1), section of $command, explains what is no option: $lost"

	text=$(completed smimectl "$command" -- | sed 's/^--//')
	[[ $(sort -u <<<"$text") == "$(printf '%s\nhelp\n' "$(names "$found")" | sort -u)" ]] ||
		fail "completion of $command offers" $text "but its options are" $(names "$found")
	lost=$(missing "$(words_of "$command")" "$(completed smimectl "$command" '')")
	[[ -z $lost ]] || fail "completion of $command lacks: $lost"
}

check_commands()
{
	local all=$1 command
	[[ $(completed smimectl '' | grep -v '^--' | sort) == "$(printf '%s\nhelp\n' "$all" | sort)" ]] ||
		fail "completion offers other commands than" $all
	command=$(missing "$all" "$(sed -n 's/^\.SS \([a-z-]*\).*/\1/p' "$manual" | sed 's/\\-/-/g')")
	[[ -z $command ]] || fail "smimectl(1) has no section of: $command"
	command=$(missing "$(sed -n 's/^\.SS \([a-z-]*\).*/\1/p' "$manual")" "$all")
	[[ -z $command ]] || fail "smimectl(1) has a section of what is no command: $command"
	[[ $(./smimectl --help | options_in_help) == "$(printf '%s\nhelp\n' "$common" | sort)" ]] ||
		fail "smimectl --help tells other options than those of every command"
	for command in $all; do
		[[ $(./smimectl "$command" --help) == "$(./smimectl help "$command")" ]] ||
			fail "smimectl help $command is not $command --help"
	done
}

commands=$(./smimectl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')
[[ $(wc -l <<<"$commands") -ge 7 ]] || fail "smimectl --help names too few commands:" $commands
check_commands "$commands"
for command in $commands; do
	check_command "$command"
done
# Of each command the reasons that it takes.
[[ $(completed smimectl clean --reasons s | paste -sd ' ') == "stale superseded" ]] ||
	fail "completion of clean --reasons offers" $(completed smimectl clean --reasons s)
[[ $(completed smimectl audit --only expired,ex | paste -sd ' ') == "expired,expired expired,expiring" ]] ||
	fail "completion of audit --only offers" $(completed smimectl audit --only expired,ex)
bash -n "$source_folder/completion/bash/smimectl" || fail "the completion for bash is no script"
if command -v zsh >/dev/null; then
	zsh -n "$source_folder/completion/zsh/_smimectl" || fail "the completion for zsh is no script"
fi
echo "$(wc -w <<<"$commands") commands, $failures failures"
[[ $failures -eq 0 ]]

/** The shells that completion scripts are made for. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

export type Shell = (typeof SHELLS)[number];

/**
 * The completion script of a shell. It asks `kargo __complete` for candidates: words of the line so far as arguments, the one that is
 * being typed last; a line each, with a description behind a tab.
 */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

const BASH = `# bash completion of kargo; load it with: source <(kargo completion bash)
_kargo_complete() {
  local IFS=$'\\n' words=() line
  if [ "$1" = kargo ] || [ -n "$1" ]; then
    local current="\${COMP_WORDS[COMP_CWORD]}"
    while IFS= read -r line; do
      words+=("\${line%%$'\\t'*}")
    done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" "$current" 2>/dev/null)
    COMPREPLY=("\${words[@]}")
    if [ "\${#COMPREPLY[@]}" -eq 1 ] && [ "\${COMPREPLY[0]}" = ":files" ]; then
      COMPREPLY=($(compgen -f -- "$current"))
      compopt -o filenames 2>/dev/null
    fi
  fi
}
complete -F _kargo_complete kargo
`;

const ZSH = `#compdef kargo
# zsh completion of kargo; load it with: source <(kargo completion zsh)
_kargo() {
  local -a lines candidates
  local line
  lines=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${lines[1]}" == ":files" ]]; then
    _files
    return
  fi
  for line in "\${lines[@]}"; do
    [[ -z "$line" ]] && continue
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe kargo candidates
}
if [ "\${funcstack[1]}" = _kargo ]; then _kargo "$@"; else compdef _kargo kargo; fi
`;

const FISH = `# fish completion of kargo; load it with: kargo completion fish | source
function __kargo_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines ($words[1] __complete -- $words[2..-1] 2>/dev/null)
  if test "$lines[1]" = ":files"
    __fish_complete_path (commandline -ct)
    return
  end
  printf '%s\\n' $lines
end
complete -c kargo -f -a '(__kargo_complete)'
`;

const POWERSHELL = `# PowerShell completion of kargo; load it with: kargo completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName kargo -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '""' }
  $lines = @(& kargo __complete -- @words 2>$null)
  if ($lines.Count -gt 0 -and $lines[0] -eq ':files') { return }
  foreach ($line in $lines) {
    $parts = $line -split "\`t", 2
    $about = if ($parts.Count -gt 1 -and $parts[1] -ne '') { $parts[1] } else { $parts[0] }
    [System.Management.Automation.CompletionResult]::new($parts[0], $parts[0], 'ParameterValue', $about)
  }
}
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL };

"""Which registered values are such ordinary words of messages that they are names only where names stand?"""

__all__ = ["ORDINARY"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ORDINARY = _words(
    """
    a about access account action active add address admin administrator agent all an and any api app apps as at
    auth backend bad bash be bin boot branch browser build builder bus by bytes cache call can cannot cert
    change check child class cli client close closed cloud cluster code command common commit config configuration
    connect connection console container context control copy core could create current data database db debian debug
    default delete demo denied deploy deployment desktop dev developer device dir directory disk dns docker domain
    down download driver empty end endpoint engine env environment error event exec exit expected extension failed
    failure false feature fedora file files filesystem folder for found from frontend git global group guest handler
    has have header home host hostname http https id image images in index info init input install instance internal
    invalid io is it java job json kernel key kube kubernetes lab lan level lib library limit line linux list load
    local localhost lock log login logs mac main manager master memory message method missing mode model module mount
    name network new no node none not null object of off on open operation option or os output package page parent
    password path permission pipe plugin podman pod pool port private prod production process profile program project
    protocol provider proxy public python query queue read ready reason record refused registry release remote repo
    repository request resource response rest result retry role root router rpc rule run runner running runtime
    sandbox schema script secret secure server service services session set setup shell signal size socket source
    space ssh stack stage staging start state status stop storage stream string support sync syntax system table tag
    target task team temp test testing tests text thread time timeout tls tmp to token tool true type ubuntu unable
    undefined unexpected unit unknown update url user username users valid value var version virtual vm volume wait
    warning web windows with work worker workspace write yaml zone
    """
)

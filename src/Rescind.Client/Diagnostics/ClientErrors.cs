namespace Rescind.Client.Diagnostics;

/// <summary>The failures of the client: 50xx options, 51xx the session's life.</summary>
internal static class ClientErrors
{
    public static readonly Error AuthorityNotUsable = Define(5001,
        "Authority is not an absolute https URL without user, query and fragment.",
        "Set it to the Authority's URL, for example https://auth.example.com; plain http is for loopback alone.");
    public static readonly Error ClientMissing = Define(5002,
        "ClientId is not set.",
        "Set it to the client that the session was started for.");
    public static readonly Error OriginNotUsable = Define(5003,
        "Origins does not say where the token may go.",
        "Add the origin of each API, scheme, host and port alone, for example https://orders.example.com; plain http "
        + "is for loopback alone.");
    public static readonly Error NumberOutOfRange = Define(5004,
        "A number is out of range.",
        "Set it within the range that its documentation names.");
    public static readonly Error TwoSessions = Define(5005,
        "AddRescindSession was called again with other settings.",
        "Give the settings once, and call AddRescindSession() without them for every further HttpClient; "
        + "make another session with new RescindSession(options).");

    public static readonly Error NoSession = Define(5101,
        "There is no session.",
        "Log in, and hand the tokens to RescindSession.StartAsync.");
    public static readonly Error SessionEnded = Define(5102,
        "The session has ended.",
        "Log in again. Reason and explanation say why.");
    public static readonly Error Unreachable = Define(5103,
        "The session could not be refreshed now.",
        "It is kept and tried again with the next call. Check that the Authority runs, and the network between.");
    public static readonly Error ClientRefused = Define(5104,
        "The Authority refuses this client.",
        "The session is kept. Check ClientId and ClientSecret.");
    public static readonly Error BadAnswer = Define(5105,
        "The Authority's answer to a refresh is not one that can be used.",
        "The session is kept. Check that Authority names an Authority, and that no proxy changes its answers.");
    public static readonly Error StoreFailed = Define(5106,
        "The token store failed.",
        "The session is kept, nothing new was used. The inner exception is the store's own.");
    public static readonly Error Unforeseen = Define(5107,
        "Refreshing failed in an unforeseen way.",
        "The session is kept. Report it with the inner exception.");

    private static Error Define(int number, string title, string nextStep) => new(number, title, nextStep);
}

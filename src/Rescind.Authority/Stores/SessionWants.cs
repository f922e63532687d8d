using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores;

/// <summary>The row of a session; null if there is none.</summary>
/// <param name="Id">The session.</param>
/// <param name="IsToEnd">For whoever ends it, whom damage in what its tokens state must not stop.</param>
internal sealed record SessionById(string Id, bool IsToEnd = false) : Want<SessionRow?>;

/// <summary>
/// The sessions, living or over, that a match of our own issuer names, for whoever ends them. As many as there are: count first.
/// </summary>
internal sealed record SessionsNamed(Match Match) : Want<IReadOnlyList<Session>>;

/// <summary>Whether a match of our own issuer names more sessions, living or over, than <paramref name="Most"/>.</summary>
internal sealed record NamesMoreThan(Match Match, long Most) : Want<bool>;

/// <summary>
/// The acts that decide whether a session lives. Left out may be what was taken back, what decides no more because
/// another act wins over it, ends from before its start, unless they are on the session itself, and blocks that are
/// over at <paramref name="Now"/>.
/// </summary>
internal sealed record ActsTouching(SessionFacts Session, long Now) : Want<IReadOnlyList<Revocation>>;

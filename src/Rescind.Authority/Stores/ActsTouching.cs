namespace Rescind.Authority.Stores;

/// <summary>
/// The acts that decide whether a session lives. Left out may be what was taken back, what decides no more because another act wins over it, ends
/// from before its start, unless they are on the session itself, and blocks that are over at <paramref name="Now"/>.
/// </summary>
internal sealed record ActsTouching(SessionFacts Session, long Now) : Want<IReadOnlyList<Revocation>>;

namespace Rescind.Authority.Stores;

/// <summary>Whether a logout still waits under its number, by the same act.</summary>
internal sealed record IsWaiting(long Number, LogPosition Act) : Want<bool>;

/// <summary>A logout waits no more.</summary>
internal sealed record RemoveLogout(long Number) : Change;

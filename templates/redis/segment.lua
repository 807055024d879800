-- The text of a value as it stands in a key.
local function segment(text)
  return (string.gsub(text, '[:%%{}*?%[%]\\]', function(c)
    return string.format('%%%02X', string.byte(c))
  end))
end

# Makes C arrays of files: cmake -DOUTPUT=x.c -DHEADER=x.h "-DFILES=a.css;b.js"
# -P embed.cmake.  The array of a.css is a_css, and ends with a zero.
set(text "#include \"${HEADER}\"\n")
foreach(file ${FILES})
    get_filename_component(name ${file} NAME)
    string(MAKE_C_IDENTIFIER ${name} name)
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "(............................................................)"
        "\\1\n" bytes "${bytes}")
    string(APPEND text "const char ${name}[] = {\n${bytes}0\n};\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
